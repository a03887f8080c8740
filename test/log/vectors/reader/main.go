// Reads one of tacet's logs with golang.org/x/mod/sumdb/{note,tlog}, which know nothing of tacet:
//
//	reader SOURCE VERIFIER-KEY [OLDER-CHECKPOINT [RECEIPT ENTRY]]
//
// SOURCE is a folder, or a prefix such as http://127.0.0.1:8080/v1/log; its credential is in
// TACET_TOKEN. It checks the head's signature, every tile by tlog.TileHashReader, every entry of
// every bundle, a record proof of each of them, a tree proof from the older head, and the receipt.
// Run with Debian's golang-go and golang-golang-x-mod-dev:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run main.go ...
package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var source string

func main() {
	source = strings.TrimSuffix(os.Args[1], "/")
	verifier, err := note.NewVerifier(os.Args[2])
	must("verifier key", err)
	tree := open(fetch("checkpoint"), verifier)
	reader := tlog.TileHashReader(tree, &tiles{})
	root, err := tlog.TreeHash(tree.N, reader)
	must("tree", err)
	if root != tree.Hash {
		fail("the tiles hash to another root")
	}
	if tree.N > 0 {
		entries(tree, reader)
	}
	if len(os.Args) > 3 {
		older := open(read(os.Args[3]), verifier)
		proof, err := tlog.ProveTree(tree.N, older.N, reader)
		must("tree proof", err)
		must("tree proof", tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash))
		fmt.Printf("tree of %d begins with tree of %d\n", tree.N, older.N)
	}
	if len(os.Args) > 5 {
		receipt(string(read(os.Args[4])), read(os.Args[5]), verifier)
	}
	fmt.Printf("read %d entries\n", tree.N)
}

// open checks the note's signature and reads the checkpoint's three lines.
func open(message []byte, verifier note.Verifier) tlog.Tree {
	n, err := note.Open(message, note.VerifierList(verifier))
	must("note", err)
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		fail("not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must("size", err)
	hash, err := tlog.ParseHash(lines[2])
	must("root", err)
	return tlog.Tree{N: size, Hash: hash}
}

// entries reads every bundle; each entry must be the record that the tiles have there.
func entries(tree tlog.Tree, reader tlog.HashReader) {
	for from := int64(0); from < tree.N; from += 256 {
		width := int(tree.N - from)
		if width > 256 {
			width = 256
		}
		data := fetch(path(tlog.Tile{H: 8, L: -1, N: from / 256, W: width}))
		index := from
		for ; len(data) > 0; index++ {
			if len(data) < 2 {
				fail("a bundle ends in a length")
			}
			length := int(data[0])<<8 | int(data[1])
			if len(data) < 2+length {
				fail("a bundle ends in an entry")
			}
			hash := tlog.RecordHash(data[2 : 2+length])
			proof, err := tlog.ProveRecord(tree.N, index, reader)
			must("record proof", err)
			must("record", tlog.CheckRecord(proof, tree.N, tree.Hash, index, hash))
			data = data[2+length:]
		}
		if index != from+int64(width) {
			fail("a bundle has another number of entries")
		}
	}
}

// receipt reads a tlog-proof (https://c2sp.org/tlog-proof) of the entry.
func receipt(text string, entry []byte, verifier note.Verifier) {
	head := strings.SplitN(text, "\n\n", 2)
	lines := strings.Split(head[0], "\n")
	if len(head) != 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		fail("not a receipt")
	}
	lines = lines[1:]
	if strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	must("index", err)
	var proof tlog.RecordProof
	for _, line := range lines[1:] {
		hash, err := base64.StdEncoding.DecodeString(line)
		must("hash", err)
		var one tlog.Hash
		copy(one[:], hash)
		proof = append(proof, one)
	}
	tree := open([]byte(head[1]), verifier)
	must("receipt", tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)))
	fmt.Printf("receipt: entry %d is in the tree of %d\n", index+1, tree.N)
}

type tiles struct{ kept map[tlog.Tile][]byte }

func (t *tiles) Height() int { return 8 }
func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	if t.kept == nil {
		t.kept = map[tlog.Tile][]byte{}
	}
	var all [][]byte
	for _, tile := range wanted {
		data, ok := t.kept[tile]
		if !ok {
			data = fetch(path(tile))
			t.kept[tile] = data
		}
		all = append(all, data)
	}
	return all, nil
}
func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// path is the tile's path as tlog-tiles has it: without the height, and `entries` for `data`.
func path(tile tlog.Tile) string {
	p := strings.TrimPrefix(tile.Path(), "tile/8/")
	return "tile/" + strings.Replace(p, "data/", "entries/", 1)
}

func fetch(name string) []byte {
	if !strings.HasPrefix(source, "http") {
		return read(filepath.Join(source, filepath.FromSlash(name)))
	}
	for {
		request, err := http.NewRequest("GET", source+"/"+name, nil)
		must(name, err)
		request.Header.Set("Authorization", "Bearer "+os.Getenv("TACET_TOKEN"))
		answer, err := http.DefaultClient.Do(request)
		must(name, err)
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		must(name, err)
		if answer.StatusCode == 429 || answer.StatusCode == 503 {
			time.Sleep(time.Second)
			continue
		}
		if answer.StatusCode != 200 {
			fail(fmt.Sprintf("%s answered %d", name, answer.StatusCode))
		}
		return body
	}
}

func read(name string) []byte {
	data, err := os.ReadFile(name)
	must("file", err)
	return data
}

func must(what string, err error) {
	if err != nil {
		fail(what + ": " + err.Error())
	}
}

func fail(why string) {
	fmt.Println("NOT ACCEPTED:", why)
	os.Exit(1)
}
