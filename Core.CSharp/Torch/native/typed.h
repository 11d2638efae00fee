// The common signatures without boxes: for operators over one or two tensors and numbers, which make up most of the calls in which
// overhead counts, a typed call saves about a tenth. What it does not take goes the boxed way.
#pragma once
#include "internal.h"

namespace tsh {
class TypedCall {
 public:
  explicit TypedCall(const c10::OperatorHandle& handle);

  // False when the operator or these arguments need the boxed way.
  bool call(const tsh_arg* args, int n, Tensor& result) const {
    if (!run || n > arity) return false;
    return run(*this, args, n, result);
  }

 private:
  using Run = bool (*)(const TypedCall&, const tsh_arg*, int, Tensor&);
  bool tensor(const tsh_arg* args, int n, int i) const { return i < n && args[i].tag == TSH_TENSOR; }
  bool number(const tsh_arg* args, int n, int i, at::Scalar& value) const;
  template <class... A>
  void bind(const c10::OperatorHandle& handle, Run with);
  template <class... A>
  const c10::TypedOperatorHandle<Tensor(A...)>& as() const {
    return *static_cast<const c10::TypedOperatorHandle<Tensor(A...)>*>(typed.get());
  }

  Run run = nullptr;
  int arity = 0;
  std::vector<c10::IValue> defaults;
  std::shared_ptr<void> typed;
};
} // namespace tsh
