/* libjpeg-turbo behind one call. libjpeg reports errors by longjmp, which must not cross managed frames, and its crop and skip
   calls have no counterpart in the TurboJPEG interface of Debian 12. */
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

enum outcome { DECODED, TRUNCATED, CORRUPT, UNSUPPORTED, TOO_LARGE };

/* Receives rows of the region from row y on; what follows a row is readable for ROW_SLACK bytes. */
typedef void (*row_taker)(intptr_t context, const unsigned char *const *rows, int32_t y, int32_t count);
enum { ROW_SLACK = 64, ROWS = 8 };

/* Mirrored by the managed struct JpegRequest. */
typedef struct {
    int32_t file_width, file_height; /* as the caller read them */
    int32_t scale;                   /* eighths: 1 to 8 */
    int32_t left, top, width, height; /* of the scaled picture */
    int32_t channels;                /* 3: RGB, 4: CMYK, or RGB and a byte of no meaning where padded */
    int32_t largest_scans;
    int32_t tolerant; /* damage inside the data is passed over */
    int32_t plain_chroma; /* colour is repeated, not interpolated: faster, for pictures that are shrunk afterwards */
    int32_t padded;
    int64_t largest_pixel_scans;
    int64_t largest_memory;
    row_taker take; /* where rows go; null: into the target */
    intptr_t context;
} jpeg_request;

typedef struct {
    struct jpeg_decompress_struct file;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    const jpeg_request *request;
    enum outcome outcome;
    int at_end; /* the data were used up */
    char *message;
    size_t message_size;
} decoder;

static void fail(decoder *d, enum outcome outcome, const char *text) {
    d->outcome = outcome;
    snprintf(d->message, d->message_size, "%s (line %u of %u)", text, (unsigned)d->file.output_scanline,
             (unsigned)d->file.output_height);
    longjmp(d->escape, 1);
}

static enum outcome outcome_of(int code) {
    switch (code) {
    case JERR_INPUT_EOF:
    case JERR_INPUT_EMPTY:
        return TRUNCATED;
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE:
    case JERR_IMAGE_TOO_BIG:
    case JERR_WIDTH_OVERFLOW:
        return TOO_LARGE;
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED:
        return UNSUPPORTED;
    default:
        return CORRUPT;
    }
}

static void on_error(j_common_ptr common) {
    decoder *d = common->client_data;
    char text[JMSG_LENGTH_MAX];
    common->err->format_message(common, text);
    enum outcome outcome = outcome_of(common->err->msg_code);
    fail(d, outcome == CORRUPT && d->at_end ? TRUNCATED : outcome, text);
}

/* Pixels are missing after these warnings; the others (extraneous bytes, unknown Adobe tags) lose none. */
static void on_message(j_common_ptr common, int level) {
    decoder *d = common->client_data;
    if (level >= 0)
        return;
    int code = common->err->msg_code;
    int damage = code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE || code == JWRN_ARITH_BAD_CODE ||
                 code == JWRN_MUST_RESYNC;
    if (!damage || d->request->tolerant)
        return;
    char text[JMSG_LENGTH_MAX];
    common->err->format_message(common, text);
    fail(d, d->at_end ? TRUNCATED : CORRUPT, text);
}

static void silent(j_common_ptr common) { (void)common; }
static void no_op(j_decompress_ptr file) { (void)file; }

/* A file may end right after its last coefficient: an end marker is fed, and only what is missed then is an error. */
static boolean on_end_of_data(j_decompress_ptr file) {
    static const JOCTET end[2] = {0xFF, JPEG_EOI};
    ((decoder *)file->client_data)->at_end = 1;
    file->src->next_input_byte = end;
    file->src->bytes_in_buffer = 2;
    return TRUE;
}

static void skip(j_decompress_ptr file, long count) {
    if (count <= 0)
        return;
    if ((size_t)count <= file->src->bytes_in_buffer) {
        file->src->next_input_byte += count;
        file->src->bytes_in_buffer -= (size_t)count;
    } else
        on_end_of_data(file);
}

/* Thousands of empty scans in a few bytes would keep a decoder busy for minutes. */
static void on_progress(j_common_ptr common) {
    decoder *d = common->client_data;
    int64_t scans = d->file.input_scan_number, pixels = (int64_t)d->file.image_width * d->file.image_height;
    if (scans > d->request->largest_scans || (scans > 16 && scans * pixels > d->request->largest_pixel_scans)) {
        char text[80];
        snprintf(text, sizeof text, "more than %d scans", (int)scans - 1);
        fail(d, TOO_LARGE, text);
    }
}

static void decode(decoder *d, unsigned char *target) {
    j_decompress_ptr file = &d->file;
    const jpeg_request *r = d->request;
    jpeg_read_header(file, TRUE);
    if (file->image_width != (JDIMENSION)r->file_width || file->image_height != (JDIMENSION)r->file_height)
        fail(d, CORRUPT, "two frame headers");
    int cmyk = file->jpeg_color_space == JCS_CMYK || file->jpeg_color_space == JCS_YCCK;
    if (cmyk && r->padded)
        fail(d, UNSUPPORTED, "four inks where RGB is asked for");
    file->out_color_space = cmyk ? JCS_CMYK : r->padded ? JCS_EXT_RGBX : JCS_RGB;
    file->scale_num = (unsigned)r->scale;
    file->scale_denom = 8;
    file->do_fancy_upsampling = !r->plain_chroma;
    jpeg_start_decompress(file); /* reads every scan when there are several */
    if (d->at_end && jpeg_has_multiple_scans(file) && !r->tolerant)
        fail(d, TRUNCATED, "scans are missing");
    if (file->output_components != r->channels)
        fail(d, UNSUPPORTED, "an unknown colour space");
    if (r->left + r->width > (int64_t)file->output_width || r->top + r->height > (int64_t)file->output_height)
        fail(d, CORRUPT, "the region lies outside");

    /* Smooth chroma upsampling looks at the neighbours of the first and last column. */
    JDIMENSION left = r->left > 2 ? r->left - 2 : 0, width = r->left + r->width + 16 - left;
    if (width > file->output_width - left)
        width = file->output_width - left;
    if (left > 0 || width < file->output_width)
        jpeg_crop_scanline(file, &left, &width);
    if (r->top > 0)
        jpeg_skip_scanlines(file, (JDIMENSION)r->top);

    size_t row_size = (size_t)r->width * r->channels, offset = (size_t)(r->left - left) * r->channels;
    int direct = !r->take && file->output_width == (JDIMENSION)r->width;
    JSAMPARRAY rows = file->mem->alloc_sarray((j_common_ptr)file, JPOOL_IMAGE,
                                              direct ? 1 : file->output_width * r->channels + ROW_SLACK, ROWS);
    JSAMPROW directly[ROWS];
    const unsigned char *taken[ROWS];
    for (int i = 0; i < ROWS; i++)
        taken[i] = direct ? NULL : rows[i] + offset;
    for (int done = 0; done < r->height;) {
        int wanted = r->height - done < ROWS ? r->height - done : ROWS, got = 0;
        if (direct)
            for (int i = 0; i < wanted; i++)
                directly[i] = target + (size_t)(done + i) * row_size;
        while (got < wanted) {
            JDIMENSION more = jpeg_read_scanlines(file, (direct ? directly : rows) + got, wanted - got);
            if (more == 0)
                fail(d, TRUNCATED, "no more lines");
            got += (int)more;
        }
        if (r->take)
            r->take(r->context, taken, done, got);
        else if (!direct)
            for (int i = 0; i < got; i++)
                memcpy(target + (size_t)(done + i) * row_size, taken[i], row_size);
        done += got;
    }
}

/* Decodes a region of the scaled picture into height x width x channels bytes; returns an outcome, and on failure its reason. */
__attribute__((visibility("default"))) int research_jpeg_decode(const unsigned char *data, size_t size, const jpeg_request *request,
                                                                unsigned char *target, char *message, size_t message_size) {
    decoder d;
    memset(&d, 0, sizeof d);
    d.request = request;
    d.message = message;
    d.message_size = message_size;
    d.file.err = jpeg_std_error(&d.errors);
    d.errors.error_exit = on_error;
    d.errors.emit_message = on_message;
    d.errors.output_message = silent;
    d.file.client_data = &d;
    if (setjmp(d.escape) == 0) {
        jpeg_create_decompress(&d.file);
        d.file.mem->max_memory_to_use = (long)request->largest_memory;
        d.progress.progress_monitor = on_progress;
        d.file.progress = &d.progress;
        d.source.next_input_byte = data;
        d.source.bytes_in_buffer = size;
        d.source.init_source = no_op;
        d.source.term_source = no_op;
        d.source.fill_input_buffer = on_end_of_data;
        d.source.skip_input_data = skip;
        d.source.resync_to_restart = jpeg_resync_to_restart;
        d.file.src = &d.source;
        decode(&d, target);
    }
    jpeg_destroy_decompress(&d.file);
    return d.outcome;
}
