// What the shim's files share; also its precompiled header.
#pragma once
#include "tsh.h"
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>
#include <ATen/core/stack.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>
#if __has_include(<torch/headeronly/version.h>)
#include <torch/headeronly/version.h>
#else
#include <torch/version.h>
#endif
#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#define TSH_TORCH (TORCH_VERSION_MAJOR * 100 + TORCH_VERSION_MINOR) // 113, 203, 211

namespace tsh {
using at::Tensor;
using TensorRef = c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;

extern std::atomic<int64_t> live_handles;

// Stores the text of this thread's last error and returns the code.
int fail(int code, const char* what) noexcept;
// Inside a catch block: the one place where a C++ exception becomes a code and a text.
int caught() noexcept;

inline c10::TensorImpl* impl(tsh_t h) { return static_cast<c10::TensorImpl*>(h); }

// A new reference on what the handle refers to.
inline Tensor get(tsh_t h) { return h ? Tensor(TensorRef::reclaim_copy(impl(h))) : Tensor(); }

// Gives the reference away as a handle.
inline tsh_t give(Tensor&& t) {
  if (!t.defined()) return nullptr;
  live_handles.fetch_add(1, std::memory_order_relaxed);
  return t.unsafeReleaseTensorImpl();
}

// Looks at a handle's tensor without touching its reference count.
struct Peek {
  Tensor t;
  explicit Peek(tsh_t h) : t(h ? Tensor(TensorRef::reclaim(impl(h))) : Tensor()) {}
  ~Peek() {
    if (t.defined()) (void)t.unsafeReleaseTensorImpl();
  }
  Peek(const Peek&) = delete;
  Peek& operator=(const Peek&) = delete;
  const Tensor* operator->() const { return &t; }
};

inline c10::Device device_of(int type, int index) {
  return c10::Device(static_cast<c10::DeviceType>(type), static_cast<c10::DeviceIndex>(index));
}

template <class F>
int guarded(F&& body) noexcept {
  try {
    return body();
  } catch (...) {
    return caught();
  }
}
} // namespace tsh
