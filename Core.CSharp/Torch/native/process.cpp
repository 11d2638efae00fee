// The engine as a whole: version, threads, devices, determinism, the allocator.
#include "internal.h"
#include <malloc.h>

using namespace tsh;

TSH_API int tsh_abi(void) { return TSH_ABI; }
TSH_API const char* tsh_version(void) { return TORCH_VERSION; }

TSH_API const char* tsh_config(void) {
  static std::mutex mutex;
  static std::string text;
  std::lock_guard<std::mutex> lock(mutex);
  try {
    if (text.empty()) text = at::show_config() + "\n" + at::get_parallel_info();
  } catch (...) {
    caught();
  }
  return text.c_str();
}

TSH_API int tsh_set_threads(int n) {
  return guarded([&] {
    at::set_num_threads(n);
    return 0;
  });
}
TSH_API int tsh_get_threads(void) {
  return guarded([] { return at::get_num_threads(); });
}
TSH_API int tsh_set_interop_threads(int n) {
  return guarded([&] {
    at::set_num_interop_threads(n);
    return 0;
  });
}
TSH_API int tsh_get_interop_threads(void) {
  return guarded([] { return static_cast<int>(at::get_num_interop_threads()); });
}

TSH_API int tsh_has(const char* what) {
  return guarded([&] {
    const std::string s(what);
    if (s == "cuda") return static_cast<int>(at::hasCUDA());
    if (s == "mkldnn") return static_cast<int>(at::hasMKLDNN());
    if (s == "mkl") return static_cast<int>(at::hasMKL());
    if (s == "openmp") return static_cast<int>(at::hasOpenMP());
    if (s == "lapack") return static_cast<int>(at::hasLAPACK());
    return fail(TSH_E_ARGUMENT, ("no feature '" + s + "'; cuda, mkldnn, mkl, openmp, lapack").c_str());
  });
}

TSH_API int tsh_device_count(int device_type) {
  return guarded([&] {
    const auto type = static_cast<c10::DeviceType>(device_type);
    if (type == c10::DeviceType::CPU) return 1;
    if (!c10::impl::hasDeviceGuardImpl(type)) return 0;
    return static_cast<int>(c10::impl::VirtualGuardImpl(type).deviceCount());
  });
}

TSH_API int tsh_synchronize(int device_type, int device_index) {
  return guarded([&] {
    const auto type = static_cast<c10::DeviceType>(device_type);
    if (type == c10::DeviceType::CPU) return 0;
    c10::impl::VirtualGuardImpl guard(type);
    const c10::Device device = device_index < 0 ? guard.getDevice() : device_of(device_type, device_index);
#if TSH_TORCH >= 208
    guard.synchronizeDevice(device.index());
#else
    guard.synchronizeStream(guard.getStream(device));
#endif
    return 0;
  });
}

TSH_API int tsh_set_deterministic(int on, int warn_only) {
  return guarded([&] {
    at::globalContext().setDeterministicAlgorithms(on != 0, warn_only != 0);
    return 0;
  });
}
TSH_API int tsh_deterministic(void) { return at::globalContext().deterministicAlgorithms(); }

TSH_API int tsh_tune_malloc(int top_pad_mib) {
#ifdef __GLIBC__
  return mallopt(M_MMAP_THRESHOLD, 1 << 30) & mallopt(M_TRIM_THRESHOLD, 0x7fffffff) & mallopt(M_TOP_PAD, top_pad_mib << 20);
#else
  (void)top_pad_mib;
  return 0;
#endif
}
