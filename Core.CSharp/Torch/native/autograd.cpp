// Gradients: flags, backward, gradients of chosen inputs.
#include "internal.h"
#include <torch/csrc/autograd/function.h>

using namespace tsh;

namespace {
torch::autograd::variable_list variables(tsh_t const* handles, int n) {
  torch::autograd::variable_list list;
  list.reserve(n);
  for (int i = 0; i < n; i++) list.push_back(get(handles[i]));
  return list;
}
torch::autograd::variable_list maybe(tsh_t const* handles, int n) {
  return handles ? variables(handles, n) : torch::autograd::variable_list{};
}
} // namespace

TSH_API int tsh_requires_grad(tsh_t t) {
  return guarded([&] { return static_cast<int>(Peek(t)->requires_grad()); });
}

TSH_API int tsh_set_requires_grad(tsh_t t, int on) {
  return guarded([&] {
    Peek p(t);
    TORCH_CHECK(p->is_leaf() || on, "requires_grad can be switched off for leaf tensors only; use detach()");
    p->set_requires_grad(on != 0);
    return 0;
  });
}

TSH_API int tsh_is_leaf(tsh_t t) {
  return guarded([&] { return static_cast<int>(Peek(t)->is_leaf()); });
}

TSH_API int tsh_grad_fn(tsh_t t, char* name, int cap) {
  return guarded([&] {
    Peek p(t);
    const auto& node = p->grad_fn();
    if (!node) return 0;
    const std::string text = node->name();
    if (cap > 0) {
      const size_t n = std::min<size_t>(text.size(), cap - 1);
      std::memcpy(name, text.data(), n);
      name[n] = 0;
    }
    return static_cast<int>(text.size());
  });
}

TSH_API int tsh_retain_grad(tsh_t t) {
  return guarded([&] {
    Peek(t)->retain_grad();
    return 0;
  });
}

TSH_API int tsh_backward(tsh_t const* roots, tsh_t const* grads, int n, int retain, int create, tsh_t const* inputs, int nin) {
  return guarded([&] {
    torch::autograd::backward(variables(roots, n), maybe(grads, n), retain != 0, create != 0, maybe(inputs, nin));
    return 0;
  });
}

TSH_API int tsh_grad_of(tsh_t const* outs, int nout, tsh_t const* ins, int nin, tsh_t const* gouts, int retain, int create,
                        int allow_unused, tsh_t* res) {
  return guarded([&] {
    auto g = torch::autograd::grad(variables(outs, nout), variables(ins, nin), maybe(gouts, nout), retain != 0, create != 0, allow_unused != 0);
    for (int i = 0; i < nin; i++) res[i] = give(std::move(g[i]));
    return 0;
  });
}

TSH_API int tsh_grad(tsh_t t, tsh_t* out) {
  return guarded([&] {
    Tensor g = Peek(t)->grad();
    *out = give(std::move(g));
    return 0;
  });
}

TSH_API int tsh_set_grad(tsh_t t, tsh_t g) {
  return guarded([&] {
    Peek p(t);
    Tensor value = get(g);
    TORCH_CHECK(!value.defined() || value.sizes() == p->sizes(), "a gradient of shape ", value.defined() ? value.sizes() : p->sizes(),
                " for a tensor of shape ", p->sizes());
    p.t.mutable_grad() = value;
    return 0;
  });
}

TSH_API int tsh_is_inference(tsh_t t) {
  return guarded([&] { return static_cast<int>(Peek(t)->is_inference()); });
}
