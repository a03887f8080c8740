// Prints test vectors made with golang.org/x/mod/sumdb/{note,tlog}: entry i is the text `entry i`.
// Run with Debian's golang-go 1.19 and golang-golang-x-mod-dev 0.7.0:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run main.go > ../tlog.json; oxfmt ../tlog.json
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "vectors.example/tacet"

type treeVector struct {
	Size       int64             `json:"size"`
	Root       string            `json:"root"`
	Checkpoint string            `json:"checkpoint"`
	Tiles      map[string]string `json:"tiles"`
	Record     []proofVector     `json:"record"`
	Tree       []proofVector     `json:"tree"`
}

type proofVector struct {
	Of     int64    `json:"of"`
	Hashes []string `json:"hashes"`
}

func main() {
	skey, vkey, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{42}, 64)), origin)
	must(err)
	signer, err := note.NewSigner(skey)
	must(err)
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, index := range indexes {
			out = append(out, stored[index])
		}
		return out, nil
	})
	sizes := []int64{1, 2, 3, 255, 256, 257, 600, 65536, 70000}
	var trees []treeVector
	var n int64
	for _, size := range sizes {
		for ; n < size; n++ {
			hashes, err := tlog.StoredHashes(n, []byte(fmt.Sprintf("entry %d", n)), reader)
			must(err)
			stored = append(stored, hashes...)
		}
		trees = append(trees, vectorOf(size, signer, reader))
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	must(out.Encode(map[string]interface{}{"verifierKey": vkey, "trees": trees}))
}

func vectorOf(size int64, signer note.Signer, reader tlog.HashReader) treeVector {
	root, err := tlog.TreeHash(size, reader)
	must(err)
	text := fmt.Sprintf("%s\n%d\n%s\n", origin, size, root)
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	must(err)
	tree := treeVector{Size: size, Root: root.String(), Checkpoint: string(signed), Tiles: map[string]string{}}
	for _, tile := range tlog.NewTiles(8, 0, size) {
		// Of the many full tiles of leaves, the first and the last.
		if tile.L == 0 && tile.N != 0 && (tile.N+1)*256 < size-256 {
			continue
		}
		// NewTiles names every width a tile had on its way; only the last one is a tile of this tree.
		if tile.W < 256 && int64(tile.W) < size>>uint(8*tile.L)-tile.N*256 {
			continue
		}
		data, err := tlog.ReadTileData(tile, reader)
		must(err)
		digest := sha256.Sum256(data)
		tree.Tiles["tile/"+strings.TrimPrefix(tile.Path(), "tile/8/")] = hex.EncodeToString(digest[:])
	}
	for _, of := range []int64{0, size / 3, size / 2, size - 1} {
		proof, err := tlog.ProveRecord(size, of, reader)
		must(err)
		tree.Record = append(tree.Record, proofVector{of, texts(proof)})
	}
	for _, of := range []int64{1, size/3 + 1, size} {
		proof, err := tlog.ProveTree(size, of, reader)
		must(err)
		tree.Tree = append(tree.Tree, proofVector{of, texts(proof)})
	}
	return tree
}

func texts(hashes []tlog.Hash) []string {
	out := []string{}
	for _, hash := range hashes {
		out = append(out, base64.StdEncoding.EncodeToString(hash[:]))
	}
	return out
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
