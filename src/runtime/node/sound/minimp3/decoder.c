/* What minimp3 is asked by `../mp3.ts`: one buffer in, one frame's samples out. See README.md. */
#define MINIMP3_IMPLEMENTATION
#define MINIMP3_NO_SIMD
#include "minimp3.h"

#define IN_BYTES (1 << 15)
#define EXPORT(name) __attribute__((export_name(name)))

static mp3dec_t decoder;
static mp3dec_frame_info_t info;
static unsigned char in[IN_BYTES];
static short out[MINIMP3_MAX_SAMPLES_PER_FRAME];

EXPORT("input") unsigned char *input(void) { return in; }
EXPORT("inputBytes") int input_bytes(void) { return IN_BYTES; }
EXPORT("output") short *output(void) { return out; }
EXPORT("reset") void reset(void) { mp3dec_init(&decoder); }
/* Samples of each channel; 0 with frameBytes above 0: nothing to hear in so many bytes. */
EXPORT("decode") int decode(int bytes) {
  return bytes < 0 || bytes > IN_BYTES ? 0 : mp3dec_decode_frame(&decoder, in, bytes, out, &info);
}
EXPORT("frameBytes") int frame_bytes(void) { return info.frame_bytes; }
EXPORT("channels") int channels(void) { return info.channels; }
EXPORT("hz") int hz(void) { return info.hz; }
