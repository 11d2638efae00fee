#include "typed.h"

namespace tsh {
using T = const Tensor&;
using S = const at::Scalar&;

namespace {
tsh_t handle_at(const tsh_arg* args, int i) { return const_cast<void*>(args[i].v.p); }
} // namespace

template <class... A>
void TypedCall::bind(const c10::OperatorHandle& handle, Run with) {
  typed = std::make_shared<c10::TypedOperatorHandle<Tensor(A...)>>(handle.typed<Tensor(A...)>());
  run = with;
}

bool TypedCall::number(const tsh_arg* args, int n, int i, at::Scalar& value) const {
  if (i >= n || args[i].tag == TSH_DEFAULT) {
    if (defaults[i].isNone()) return false;
    value = defaults[i].toScalar();
    return true;
  }
  switch (args[i].tag) {
    case TSH_INT: value = args[i].v.i; return true;
    case TSH_DOUBLE: value = args[i].v.d; return true;
    case TSH_BOOL: value = args[i].v.i != 0; return true;
    default: return false;
  }
}

TypedCall::TypedCall(const c10::OperatorHandle& handle) {
  const auto& schema = handle.schema();
  const auto& arguments = schema.arguments();
  if (schema.returns().size() != 1 || schema.returns()[0].type()->kind() != c10::TypeKind::TensorType) return;
  std::string shape;
  for (const auto& a : arguments) {
    if (a.alias_info() && a.alias_info()->isWrite()) return; // in place: another C++ signature
    switch (a.type()->kind()) {
      case c10::TypeKind::TensorType: shape += 'T'; break;
      case c10::TypeKind::NumberType: shape += 'S'; break;
      default: return;
    }
    defaults.push_back(a.default_value().has_value() ? *a.default_value() : c10::IValue());
  }
  arity = static_cast<int>(arguments.size());
  if (shape == "T") {
    bind<T>(handle, [](const TypedCall& c, const tsh_arg* args, int n, Tensor& result) {
      if (!c.tensor(args, n, 0)) return false;
      Peek a(handle_at(args, 0));
      result = c.as<T>().call(a.t);
      return true;
    });
  } else if (shape == "TT") {
    bind<T, T>(handle, [](const TypedCall& c, const tsh_arg* args, int n, Tensor& result) {
      if (!c.tensor(args, n, 0) || !c.tensor(args, n, 1)) return false;
      Peek a(handle_at(args, 0)), b(handle_at(args, 1));
      result = c.as<T, T>().call(a.t, b.t);
      return true;
    });
  } else if (shape == "TTS") {
    bind<T, T, S>(handle, [](const TypedCall& c, const tsh_arg* args, int n, Tensor& result) {
      at::Scalar s;
      if (!c.tensor(args, n, 0) || !c.tensor(args, n, 1) || !c.number(args, n, 2, s)) return false;
      Peek a(handle_at(args, 0)), b(handle_at(args, 1));
      result = c.as<T, T, S>().call(a.t, b.t, s);
      return true;
    });
  } else if (shape == "TS") {
    bind<T, S>(handle, [](const TypedCall& c, const tsh_arg* args, int n, Tensor& result) {
      at::Scalar s;
      if (!c.tensor(args, n, 0) || !c.number(args, n, 1, s)) return false;
      Peek a(handle_at(args, 0));
      result = c.as<T, S>().call(a.t, s);
      return true;
    });
  } else if (shape == "TSS") {
    bind<T, S, S>(handle, [](const TypedCall& c, const tsh_arg* args, int n, Tensor& result) {
      at::Scalar s, alpha;
      if (!c.tensor(args, n, 0) || !c.number(args, n, 1, s) || !c.number(args, n, 2, alpha)) return false;
      Peek a(handle_at(args, 0));
      result = c.as<T, S, S>().call(a.t, s, alpha);
      return true;
    });
  }
}
} // namespace tsh
