/* tsh: a small C ABI over libtorch. Plain C: no C++ exception crosses it, and there is no function per operator. */
#ifndef TSH_H
#define TSH_H
#include <stdint.h>
#ifdef __cplusplus
#define TSH_API extern "C" __attribute__((visibility("default")))
#else
#define TSH_API
#endif

/* Changes with any change of a signature or of tsh_arg; the managed side compares it at start. */
#define TSH_ABI 1

/* A tensor handle is one owned reference on a TensorImpl, a generator handle one on a GeneratorImpl: no extra heap box.
   NULL is the undefined tensor, or None. */
typedef void* tsh_t;
typedef void* tsh_gen_t;

enum {
  TSH_NONE = 0,
  TSH_TENSOR = 1,
  TSH_INT = 2,
  TSH_DOUBLE = 3,
  TSH_BOOL = 4,
  TSH_INTS = 5,
  TSH_DOUBLES = 6,
  TSH_BOOLS = 7,
  TSH_TENSORS = 8,
  TSH_STRING = 9,
  TSH_DEVICE = 10, /* type << 32 | index */
  TSH_DEFAULT = 11,
  TSH_GENERATOR = 12
};

/* An argument or a result. For lists and strings p points to len elements. */
typedef struct {
  int32_t tag;
  int32_t len;
  union {
    int64_t i;
    double d;
    const void* p;
  } v;
} tsh_arg;

/* Every int-returning call: >= 0 is success, < 0 one of these; tsh_last_error() of the same thread has the text. */
enum {
  TSH_E_TORCH = -1,
  TSH_E_MEMORY = -2,
  TSH_E_NO_OPERATOR = -3,
  TSH_E_ARGUMENT = -4,
  TSH_E_STD = -5,
  TSH_E_UNKNOWN = -6,
  TSH_E_INDEX = -7,
  TSH_E_NOT_IMPLEMENTED = -8,
  TSH_E_ORDER = -9
};

TSH_API const char* tsh_last_error(void);

/* ops.cpp: operators, by schema name and overload ("aten::add", "Tensor"); a handle is cached for ever */
TSH_API void* tsh_op(const char* name, const char* overload); /* NULL: not in this engine */
TSH_API const char* tsh_op_schema(void* op);
TSH_API int tsh_call(void* op, const tsh_arg* args, int nargs, tsh_arg* outs, int cap); /* the number of results */

/* tensor.cpp */
TSH_API int tsh_from_copy(const void* data, const int64_t* sizes, int ndim, int dtype, int device_type, int device_index, tsh_t* out);
TSH_API int tsh_from_blob(void* data, const int64_t* sizes, int ndim, int dtype, void (*deleter)(void*), tsh_t* out);
TSH_API void tsh_free(tsh_t t);
TSH_API void tsh_free_many(tsh_t const* t, int n);
TSH_API tsh_t tsh_clone_ref(tsh_t t);
TSH_API int64_t tsh_live(void); /* tensor handles given out and not yet freed, over all threads */
TSH_API int tsh_dim(tsh_t t);
TSH_API int tsh_sizes(tsh_t t, int64_t* sizes, int64_t* strides); /* returns ndim; either may be NULL */
TSH_API int64_t tsh_numel(tsh_t t);
TSH_API int64_t tsh_nbytes(tsh_t t);
TSH_API int tsh_dtype(tsh_t t);
TSH_API int tsh_device(tsh_t t, int* index);
TSH_API int tsh_is_contiguous(tsh_t t);
TSH_API int tsh_is_same(tsh_t a, tsh_t b); /* the same TensorImpl */
TSH_API void* tsh_data(tsh_t t);
TSH_API int64_t tsh_storage_offset(tsh_t t);
TSH_API int64_t tsh_version_counter(tsh_t t);

/* autograd.cpp */
TSH_API int tsh_requires_grad(tsh_t t);
TSH_API int tsh_set_requires_grad(tsh_t t, int on);
TSH_API int tsh_is_leaf(tsh_t t);
TSH_API int tsh_grad_fn(tsh_t t, char* name, int cap); /* 0: none; else the length of its name */
TSH_API int tsh_retain_grad(tsh_t t);
TSH_API int tsh_backward(tsh_t const* roots, tsh_t const* grads, int n, int retain, int create, tsh_t const* inputs, int nin);
TSH_API int tsh_grad_of(tsh_t const* outs, int nout, tsh_t const* ins, int nin, tsh_t const* gouts, int retain, int create,
                        int allow_unused, tsh_t* res);
TSH_API int tsh_grad(tsh_t t, tsh_t* out); /* *out is NULL when there is none */
TSH_API int tsh_set_grad(tsh_t t, tsh_t g);
TSH_API int tsh_is_inference(tsh_t t);

/* modes.cpp: all of these are per thread */
TSH_API int tsh_grad_enabled(void);
TSH_API int tsh_set_grad_enabled(int on);  /* returns the previous value */
TSH_API int tsh_inference_push(int on);    /* returns the depth after it */
TSH_API int tsh_inference_pop(int depth);  /* the value that push returned */
TSH_API int tsh_inference_enabled(void);
TSH_API int tsh_autocast_get(int device_type, int* on, int* dtype);
TSH_API int tsh_autocast_enter(int device_type, int on, int dtype);
TSH_API int tsh_autocast_leave(int device_type, int on, int dtype); /* the values that get returned before enter */

/* rng.cpp */
TSH_API int tsh_manual_seed(uint64_t seed); /* every device */
TSH_API int tsh_gen_default(int device_type, int device_index, tsh_gen_t* out);
TSH_API int tsh_gen_new(int device_type, int device_index, uint64_t seed, tsh_gen_t* out);
TSH_API void tsh_gen_free(tsh_gen_t g);
TSH_API int tsh_gen_set_seed(tsh_gen_t g, uint64_t seed);
TSH_API int tsh_gen_seed(tsh_gen_t g, uint64_t* seed);
TSH_API int tsh_gen_get_state(tsh_gen_t g, tsh_t* out); /* a uint8 tensor on the CPU */
TSH_API int tsh_gen_set_state(tsh_gen_t g, tsh_t state);

/* process.cpp */
TSH_API int tsh_abi(void);
TSH_API const char* tsh_version(void);
TSH_API const char* tsh_config(void);
TSH_API int tsh_set_threads(int n);
TSH_API int tsh_get_threads(void);
TSH_API int tsh_set_interop_threads(int n);
TSH_API int tsh_get_interop_threads(void);
TSH_API int tsh_has(const char* what); /* cuda, mkldnn, mkl, openmp, lapack */
TSH_API int tsh_device_count(int device_type);
TSH_API int tsh_synchronize(int device_type, int device_index);
TSH_API int tsh_set_deterministic(int on, int warn_only);
TSH_API int tsh_deterministic(void);
TSH_API int tsh_tune_malloc(int top_pad_mib); /* glibc: keep freed memory in the heap instead of unmapping each large tensor */
#endif
