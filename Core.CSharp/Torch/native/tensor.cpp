// Tensor handles: making, freeing, looking at them. And errors, which every file uses.
#include "internal.h"

namespace tsh {
std::atomic<int64_t> live_handles{0};

namespace {
thread_local std::string last_error;
}

int fail(int code, const char* what) noexcept {
  try {
    last_error.assign(what ? what : "unknown error");
  } catch (...) {
  }
  return code;
}

int caught() noexcept {
  try {
    throw;
  } catch (const c10::OutOfMemoryError& e) {
    return fail(TSH_E_MEMORY, e.what_without_backtrace());
  } catch (const c10::NotImplementedError& e) {
    return fail(TSH_E_NOT_IMPLEMENTED, e.what_without_backtrace());
  } catch (const c10::IndexError& e) {
    return fail(TSH_E_INDEX, e.what_without_backtrace());
  } catch (const c10::ValueError& e) {
    return fail(TSH_E_ARGUMENT, e.what_without_backtrace());
  } catch (const c10::TypeError& e) {
    return fail(TSH_E_ARGUMENT, e.what_without_backtrace());
  } catch (const c10::Error& e) {
    return fail(TSH_E_TORCH, e.what_without_backtrace());
  } catch (const std::bad_alloc& e) {
    return fail(TSH_E_MEMORY, e.what());
  } catch (const std::invalid_argument& e) {
    return fail(TSH_E_ARGUMENT, e.what());
  } catch (const std::exception& e) {
    return fail(TSH_E_STD, e.what());
  } catch (...) {
    return fail(TSH_E_UNKNOWN, "unknown C++ exception");
  }
}
} // namespace tsh

using namespace tsh;

TSH_API const char* tsh_last_error(void) { return last_error.c_str(); }

TSH_API int tsh_from_copy(const void* data, const int64_t* sizes, int ndim, int dtype, int device_type, int device_index, tsh_t* out) {
  return guarded([&] {
    const auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype));
    const c10::IntArrayRef shape(sizes, ndim);
    const auto device = device_of(device_type, device_index);
    at::NoGradGuard no_grad;
    Tensor t = at::empty(shape, options.device(device));
    if (t.numel() > 0) {
      if (device.is_cpu())
        std::memcpy(t.data_ptr(), data, t.nbytes());
      else
        t.copy_(at::from_blob(const_cast<void*>(data), shape, options));
    }
    *out = give(std::move(t));
    return 0;
  });
}

TSH_API int tsh_from_blob(void* data, const int64_t* sizes, int ndim, int dtype, void (*deleter)(void*), tsh_t* out) {
  return guarded([&] {
    const auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype));
    const c10::IntArrayRef shape(sizes, ndim);
    *out = give(deleter ? at::from_blob(data, shape, std::function<void(void*)>(deleter), options) : at::from_blob(data, shape, options));
    return 0;
  });
}

TSH_API void tsh_free(tsh_t t) {
  if (!t) return;
  live_handles.fetch_sub(1, std::memory_order_relaxed);
  try {
    TensorRef::reclaim(impl(t));
  } catch (...) {
  }
}

TSH_API void tsh_free_many(tsh_t const* t, int n) {
  for (int i = 0; i < n; i++) tsh_free(t[i]);
}

TSH_API tsh_t tsh_clone_ref(tsh_t t) { return give(get(t)); }
TSH_API int64_t tsh_live(void) { return live_handles.load(std::memory_order_relaxed); }
TSH_API int tsh_dim(tsh_t t) { return static_cast<int>(impl(t)->dim()); }

TSH_API int tsh_sizes(tsh_t t, int64_t* sizes, int64_t* strides) {
  return guarded([&] {
    const auto s = impl(t)->sizes();
    if (sizes) std::copy(s.begin(), s.end(), sizes);
    if (strides) {
      const auto r = impl(t)->strides();
      std::copy(r.begin(), r.end(), strides);
    }
    return static_cast<int>(s.size());
  });
}

TSH_API int64_t tsh_numel(tsh_t t) { return impl(t)->numel(); }
TSH_API int64_t tsh_nbytes(tsh_t t) { return impl(t)->numel() * static_cast<int64_t>(impl(t)->itemsize()); }
TSH_API int tsh_dtype(tsh_t t) {
  return guarded([&] { return static_cast<int>(c10::typeMetaToScalarType(impl(t)->dtype())); });
}

TSH_API int tsh_device(tsh_t t, int* index) {
  return guarded([&] {
    const auto d = impl(t)->device();
    if (index) *index = d.index();
    return static_cast<int>(d.type());
  });
}

TSH_API int tsh_is_contiguous(tsh_t t) {
  return guarded([&] { return static_cast<int>(impl(t)->is_contiguous()); });
}

TSH_API int tsh_is_same(tsh_t a, tsh_t b) { return a == b; }

TSH_API void* tsh_data(tsh_t t) {
  try {
    return Peek(t)->data_ptr();
  } catch (...) {
    caught();
    return nullptr;
  }
}

TSH_API int64_t tsh_storage_offset(tsh_t t) { return impl(t)->storage_offset(); }

TSH_API int64_t tsh_version_counter(tsh_t t) {
  return guarded([&] { return static_cast<int>(Peek(t)->_version()); });
}
