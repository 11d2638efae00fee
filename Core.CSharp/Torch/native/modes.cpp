// Grad mode, inference mode and autocast: state of the calling thread.
#include "internal.h"

// Declared here, not included: ATen/autocast_mode.h drags in every operator's header.
namespace at {
namespace autocast {
TORCH_API void clear_cache();
TORCH_API int increment_nesting();
TORCH_API int decrement_nesting();
#if TSH_TORCH >= 204
TORCH_API bool is_autocast_enabled(at::DeviceType device_type);
TORCH_API void set_autocast_enabled(at::DeviceType device_type, bool enabled);
TORCH_API at::ScalarType get_autocast_dtype(at::DeviceType device_type);
TORCH_API void set_autocast_dtype(at::DeviceType device_type, at::ScalarType dtype);
#else
TORCH_API bool is_enabled();
TORCH_API void set_enabled(bool enabled);
TORCH_API bool is_cpu_enabled();
TORCH_API void set_cpu_enabled(bool enabled);
TORCH_API at::ScalarType get_autocast_gpu_dtype();
TORCH_API at::ScalarType get_autocast_cpu_dtype();
TORCH_API void set_autocast_gpu_dtype(at::ScalarType dtype);
TORCH_API void set_autocast_cpu_dtype(at::ScalarType dtype);
#endif
} // namespace autocast
} // namespace at

using namespace tsh;

namespace {
thread_local std::vector<std::unique_ptr<c10::InferenceMode>> inference_modes;

void set_autocast(c10::DeviceType device, bool on, at::ScalarType dtype) {
#if TSH_TORCH >= 204
  at::autocast::set_autocast_enabled(device, on);
  at::autocast::set_autocast_dtype(device, dtype);
#else
  if (device == c10::DeviceType::CPU) {
    at::autocast::set_cpu_enabled(on);
    at::autocast::set_autocast_cpu_dtype(dtype);
  } else {
    at::autocast::set_enabled(on);
    at::autocast::set_autocast_gpu_dtype(dtype);
  }
#endif
}
} // namespace

TSH_API int tsh_grad_enabled(void) { return c10::GradMode::is_enabled(); }

TSH_API int tsh_set_grad_enabled(int on) {
  const int previous = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(on != 0);
  return previous;
}

TSH_API int tsh_inference_push(int on) {
  return guarded([&] {
    inference_modes.push_back(std::make_unique<c10::InferenceMode>(on != 0));
    return static_cast<int>(inference_modes.size());
  });
}

TSH_API int tsh_inference_pop(int depth) {
  return guarded([&] {
    if (static_cast<int>(inference_modes.size()) != depth)
      return fail(TSH_E_ORDER, "inference modes close in the reverse order of their opening, on the thread that opened them");
    inference_modes.pop_back();
    return 0;
  });
}

TSH_API int tsh_inference_enabled(void) { return c10::InferenceMode::is_enabled(); }

TSH_API int tsh_autocast_get(int device_type, int* on, int* dtype) {
  return guarded([&] {
    const auto device = static_cast<c10::DeviceType>(device_type);
#if TSH_TORCH >= 204
    *on = at::autocast::is_autocast_enabled(device);
    *dtype = static_cast<int>(at::autocast::get_autocast_dtype(device));
#else
    const bool cpu = device == c10::DeviceType::CPU;
    *on = cpu ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
    *dtype = static_cast<int>(cpu ? at::autocast::get_autocast_cpu_dtype() : at::autocast::get_autocast_gpu_dtype());
#endif
    return 0;
  });
}

TSH_API int tsh_autocast_enter(int device_type, int on, int dtype) {
  return guarded([&] {
    set_autocast(static_cast<c10::DeviceType>(device_type), on != 0, static_cast<at::ScalarType>(dtype));
    at::autocast::increment_nesting();
    return 0;
  });
}

TSH_API int tsh_autocast_leave(int device_type, int on, int dtype) {
  return guarded([&] {
    // the cache holds the weights' casts; it must not outlive the outermost region, because the optimizer changes the weights
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    set_autocast(static_cast<c10::DeviceType>(device_type), on != 0, static_cast<at::ScalarType>(dtype));
    return 0;
  });
}
