// Random generators: the devices' default ones and new ones, their seeds and their states.
#include "internal.h"

using namespace tsh;

namespace {
using GeneratorRef = c10::intrusive_ptr<c10::GeneratorImpl>;

at::Generator generator(tsh_gen_t g) { return at::Generator(GeneratorRef::reclaim_copy(static_cast<c10::GeneratorImpl*>(g))); }

tsh_gen_t give(at::Generator&& g) { return g.unsafeReleaseGeneratorImpl(); }

at::Generator default_generator(int device_type, int device_index) {
  const auto device = device_of(device_type, device_index);
#if TSH_TORCH >= 208
  if (!device.is_cpu()) at::globalContext().lazyInitDevice(device.type());
#else
  if (device.is_cuda()) at::globalContext().lazyInitCUDA();
#endif
  return at::globalContext().defaultGenerator(device);
}
} // namespace

TSH_API int tsh_manual_seed(uint64_t seed) {
  return guarded([&] {
    at::manual_seed(seed);
    return 0;
  });
}

TSH_API int tsh_gen_default(int device_type, int device_index, tsh_gen_t* out) {
  return guarded([&] {
    *out = give(default_generator(device_type, device_index));
    return 0;
  });
}

TSH_API int tsh_gen_new(int device_type, int device_index, uint64_t seed, tsh_gen_t* out) {
  return guarded([&] {
    at::Generator made;
    {
      at::Generator source = default_generator(device_type, device_index);
      std::lock_guard<std::mutex> lock(source.mutex());
      made = source.clone(); // works for every device without that device's headers
    }
    made.set_current_seed(seed);
    *out = give(std::move(made));
    return 0;
  });
}

TSH_API void tsh_gen_free(tsh_gen_t g) {
  if (g) GeneratorRef::reclaim(static_cast<c10::GeneratorImpl*>(g));
}

TSH_API int tsh_gen_set_seed(tsh_gen_t g, uint64_t seed) {
  return guarded([&] {
    at::Generator made = generator(g);
    std::lock_guard<std::mutex> lock(made.mutex());
    made.set_current_seed(seed);
    return 0;
  });
}

TSH_API int tsh_gen_seed(tsh_gen_t g, uint64_t* seed) {
  return guarded([&] {
    at::Generator made = generator(g);
    std::lock_guard<std::mutex> lock(made.mutex());
    *seed = made.current_seed();
    return 0;
  });
}

TSH_API int tsh_gen_get_state(tsh_gen_t g, tsh_t* out) {
  return guarded([&] {
    at::Generator made = generator(g);
    std::lock_guard<std::mutex> lock(made.mutex());
    *out = tsh::give(made.get_state());
    return 0;
  });
}

TSH_API int tsh_gen_set_state(tsh_gen_t g, tsh_t state) {
  return guarded([&] {
    at::Generator made = generator(g);
    std::lock_guard<std::mutex> lock(made.mutex());
    made.set_state(Peek(state).t);
    return 0;
  });
}
