// Any operator through one boxed call into the dispatcher. A handle holds the operator's parsed schema, so that arguments are
// coerced and missing ones take their defaults without a schema look-up per call.
#include "typed.h"

namespace tsh {
namespace {
using c10::IValue;
using c10::TypeKind;
using Stack = torch::jit::Stack;

enum Kind : uint8_t {
  K_TENSOR, K_TENSORS, K_OPT_TENSORS, K_INT, K_FLOAT, K_SCALAR, K_BOOL, K_INTS, K_FLOATS, K_BOOLS, K_SCALARS, K_STRING,
  K_DEVICE, K_GENERATOR, K_OTHER
};
const char* const kind_name[] = {"Tensor", "Tensor[]", "Tensor?[]", "int", "float", "Scalar", "bool", "int[]", "float[]",
                                 "bool[]", "Scalar[]", "str", "Device", "Generator", "a type that the shim does not know"};

struct Parameter {
  Kind kind;
  bool optional;
  bool has_default;
  IValue default_value;
};

struct Operator {
  c10::OperatorHandle handle;
  std::vector<Parameter> parameters;
  std::string schema;
  TypedCall typed;
  explicit Operator(c10::OperatorHandle h) : handle(h), typed(h) {}
};

Kind kind_of(const c10::Type& t) {
  switch (t.kind()) {
    case TypeKind::TensorType: return K_TENSOR;
    case TypeKind::IntType:
    case TypeKind::SymIntType:
    case TypeKind::ScalarTypeType:
    case TypeKind::LayoutType:
    case TypeKind::MemoryFormatType: return K_INT;
    case TypeKind::FloatType:
    case TypeKind::SymFloatType: return K_FLOAT;
    case TypeKind::NumberType: return K_SCALAR;
    case TypeKind::BoolType: return K_BOOL;
    case TypeKind::StringType: return K_STRING;
    case TypeKind::DeviceObjType: return K_DEVICE;
    case TypeKind::GeneratorType: return K_GENERATOR;
    case TypeKind::ListType: {
      const auto& e = *t.containedTypes()[0];
      if (e.kind() == TypeKind::OptionalType && kind_of(*e.containedTypes()[0]) == K_TENSOR) return K_OPT_TENSORS;
      switch (kind_of(e)) {
        case K_TENSOR: return K_TENSORS;
        case K_INT: return K_INTS;
        case K_FLOAT: return K_FLOATS;
        case K_BOOL: return K_BOOLS;
        case K_SCALAR: return K_SCALARS;
        default: return K_OTHER;
      }
    }
    default: return K_OTHER;
  }
}

std::mutex operators_mutex;
std::unordered_map<std::string, std::unique_ptr<Operator>> operators;

// One reusable stack per thread; `busy` guards against re-entry by a callback from inside an operator.
struct ThreadState {
  Stack stack;
  std::vector<tsh_t> lists;
  bool busy = false;
};
thread_local ThreadState thread_state;

struct StackLease {
  ThreadState& state;
  Stack own;
  bool mine;
  Stack* stack;
  StackLease() : state(thread_state), mine(!state.busy), stack(mine ? &state.stack : &own) {
    if (mine) state.busy = true;
  }
  ~StackLease() {
    stack->clear();
    if (mine) state.busy = false;
  }
};

[[noreturn]] void reject(const Operator& op, int i, const char* got) {
  const Parameter& p = op.parameters[i];
  throw std::invalid_argument("argument '" + op.handle.schema().arguments()[i].name() + "' takes " + kind_name[p.kind] +
                              (p.optional ? "?" : "") + ", got " + got + "; schema " + op.schema);
}

template <class To, class From>
void push_list(Stack& stack, const From* from, int n) {
  c10::List<To> list;
  list.reserve(n);
  for (int k = 0; k < n; k++) list.push_back(static_cast<To>(from[k]));
  stack.emplace_back(std::move(list));
}

void push_tensors(Stack& stack, const Operator& op, int i, tsh_t const* from, int n) {
  const Kind kind = op.parameters[i].kind;
  if (kind == K_TENSORS) {
    c10::List<Tensor> list;
    list.reserve(n);
    for (int k = 0; k < n; k++) list.push_back(get(from[k]));
    stack.emplace_back(std::move(list));
  } else if (kind == K_OPT_TENSORS) {
    // c10::optional in 1.13, std::optional in later versions: ask IValue which
    c10::List<typename std::decay<decltype(IValue().toOptional<Tensor>())>::type> list;
    list.reserve(n);
    for (int k = 0; k < n; k++) {
      if (from[k])
        list.push_back(get(from[k]));
      else
        list.push_back({});
    }
    stack.emplace_back(std::move(list));
  } else {
    reject(op, i, "a list of tensors");
  }
}

void push_default(Stack& stack, const Operator& op, int i) {
  if (!op.parameters[i].has_default) reject(op, i, "nothing, and it has no default");
  stack.emplace_back(op.parameters[i].default_value);
}

inline void push(Stack& stack, const Operator& op, int i, const tsh_arg& a) {
  const Parameter& p = op.parameters[i];
  switch (a.tag) {
    case TSH_TENSOR:
      if (p.kind != K_TENSOR) reject(op, i, "a tensor");
      stack.emplace_back(get(const_cast<void*>(a.v.p)));
      return;
    case TSH_NONE:
      if (!p.optional && p.kind != K_TENSOR) reject(op, i, "None");
      if (p.kind == K_TENSOR && !p.optional)
        stack.emplace_back(Tensor());
      else
        stack.emplace_back();
      return;
    case TSH_DEFAULT: push_default(stack, op, i); return;
    case TSH_INT:
      switch (p.kind) {
        case K_INT:
        case K_SCALAR: stack.emplace_back(a.v.i); return;
        case K_FLOAT: stack.emplace_back(static_cast<double>(a.v.i)); return;
        case K_INTS: push_list<int64_t>(stack, &a.v.i, 1); return;
        default: reject(op, i, "an integer");
      }
    case TSH_DOUBLE:
      if (p.kind != K_FLOAT && p.kind != K_SCALAR) reject(op, i, "a floating-point number");
      stack.emplace_back(a.v.d);
      return;
    case TSH_BOOL:
      if (p.kind != K_BOOL && p.kind != K_SCALAR) reject(op, i, "a bool");
      stack.emplace_back(a.v.i != 0);
      return;
    case TSH_INTS: {
      auto q = static_cast<const int64_t*>(a.v.p);
      if (p.kind == K_INTS)
        stack.emplace_back(c10::IntArrayRef(q, a.len));
      else if (p.kind == K_FLOATS)
        push_list<double>(stack, q, a.len);
      else
        reject(op, i, "a list of integers");
      return;
    }
    case TSH_DOUBLES: {
      auto q = static_cast<const double*>(a.v.p);
      if (p.kind == K_FLOATS)
        push_list<double>(stack, q, a.len);
      else if (p.kind == K_SCALARS)
        push_list<at::Scalar>(stack, q, a.len);
      else
        reject(op, i, "a list of floating-point numbers");
      return;
    }
    case TSH_BOOLS:
      if (p.kind != K_BOOLS) reject(op, i, "a list of bools");
      push_list<bool>(stack, static_cast<const uint8_t*>(a.v.p), a.len);
      return;
    case TSH_TENSORS: push_tensors(stack, op, i, static_cast<tsh_t const*>(a.v.p), a.len); return;
    case TSH_STRING:
      if (p.kind != K_STRING) reject(op, i, "a string");
      stack.emplace_back(std::string(static_cast<const char*>(a.v.p), a.len));
      return;
    case TSH_DEVICE:
      if (p.kind != K_DEVICE) reject(op, i, "a device");
      stack.emplace_back(device_of(static_cast<int>(a.v.i >> 32), static_cast<int32_t>(a.v.i)));
      return;
    case TSH_GENERATOR: {
      if (p.kind != K_GENERATOR) reject(op, i, "a generator");
      auto g = static_cast<c10::GeneratorImpl*>(const_cast<void*>(a.v.p));
      stack.emplace_back(at::Generator(c10::intrusive_ptr<c10::GeneratorImpl>::reclaim_copy(g)));
      return;
    }
    default: reject(op, i, "an unknown tag");
  }
}

int pop_results(Stack& stack, ThreadState& state, const Operator& op, tsh_arg* outs, int cap) {
  const int n = static_cast<int>(stack.size());
  if (cap == 0) return n; // the caller wants none: an operator in place
  if (n > cap) throw std::invalid_argument("more results than room; schema " + op.schema);
  size_t listed = 0;
  for (int i = 0; i < n; i++)
    if (stack[i].isTensorList()) listed += stack[i].toTensorList().size();
  state.lists.clear();
  state.lists.reserve(listed); // up front: pointers into it stay good
  for (int i = 0; i < n; i++) {
    IValue& v = stack[i];
    tsh_arg& o = outs[i];
    o.len = 0;
    o.v.i = 0;
    if (v.isTensor()) {
      o.tag = TSH_TENSOR;
      o.v.p = give(std::move(v).toTensor());
    } else if (v.isInt()) {
      o.tag = TSH_INT;
      o.v.i = v.toInt();
    } else if (v.isDouble()) {
      o.tag = TSH_DOUBLE;
      o.v.d = v.toDouble();
    } else if (v.isBool()) {
      o.tag = TSH_BOOL;
      o.v.i = v.toBool();
    } else if (v.isTensorList()) {
      o.tag = TSH_TENSORS;
      const size_t first = state.lists.size();
      for (const Tensor& t : v.toTensorVector()) state.lists.push_back(give(Tensor(t)));
      o.len = static_cast<int>(state.lists.size() - first);
      o.v.p = state.lists.data() + first; // good until this thread's next call
    } else if (v.isNone()) {
      o.tag = TSH_NONE;
    } else {
      throw std::invalid_argument("a result of a type that the shim does not know: " + v.tagKind());
    }
  }
  return n;
}

std::unique_ptr<Operator> resolve(const char* name, const char* overload) {
  auto handle = c10::Dispatcher::singleton().findSchema({std::string(name), std::string(overload)});
  if (!handle.has_value()) return nullptr;
  auto op = std::make_unique<Operator>(*handle);
  std::ostringstream text;
  text << op->handle.schema();
  op->schema = text.str();
  for (const auto& a : op->handle.schema().arguments()) {
    const c10::TypePtr t = a.type(); // real_type() would tell SymInt and ScalarType apart from int
    Parameter p{};
    p.optional = t->kind() == TypeKind::OptionalType;
    p.kind = p.optional ? kind_of(*t->containedTypes()[0]) : kind_of(*t);
    p.has_default = a.default_value().has_value();
    if (p.has_default) p.default_value = *a.default_value();
    op->parameters.push_back(std::move(p));
  }
  return op;
}
} // namespace
} // namespace tsh

using namespace tsh;

TSH_API void* tsh_op(const char* name, const char* overload) {
  try {
    const std::string key = std::string(name) + "." + overload;
    std::lock_guard<std::mutex> lock(operators_mutex);
    auto known = operators.find(key);
    if (known != operators.end()) return known->second.get();
    auto op = resolve(name, overload);
    if (!op) {
      fail(TSH_E_NO_OPERATOR, ("no operator " + key).c_str());
      return nullptr;
    }
    return operators.emplace(key, std::move(op)).first->second.get();
  } catch (...) {
    caught();
    return nullptr;
  }
}

TSH_API const char* tsh_op_schema(void* op) { return static_cast<Operator*>(op)->schema.c_str(); }

TSH_API int tsh_call(void* handle, const tsh_arg* args, int n, tsh_arg* outs, int cap) {
  try {
    const Operator& op = *static_cast<Operator*>(handle);
    Tensor result;
    if (cap == 1 && op.typed.call(args, n, result)) {
      outs[0].tag = TSH_TENSOR;
      outs[0].len = 0;
      outs[0].v.p = give(std::move(result));
      return 1;
    }
    StackLease lease;
    Stack& stack = *lease.stack;
    const int expected = static_cast<int>(op.parameters.size());
    if (n > expected) throw std::invalid_argument(std::to_string(n) + " arguments are too many; schema " + op.schema);
    for (int i = 0; i < n; i++) push(stack, op, i, args[i]);
    for (int i = n; i < expected; i++) push_default(stack, op, i);
    op.handle.callBoxed(&stack);
    return pop_results(stack, lease.state, op, outs, cap);
  } catch (...) {
    return caught();
  }
}
