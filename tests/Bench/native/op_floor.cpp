// The engine's side of `research bench op`: nanoseconds a call from C++, on the command `run`. It is the floor that no binding goes below;
// what a call costs above it is the binding's overhead. The same calls as OpBench.cs and python/op.py.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <limits>
#include <string>
#include <utility>
#include <vector>

template <class Call>
static double nanoseconds(int batches, int calls, Call call) {
    double best = std::numeric_limits<double>::infinity();
    for (int batch = 0; batch < batches; batch++) {
        auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < calls; i++)
            call();
        std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
        best = std::min(best, spent.count() / calls);
    }
    return best;
}

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: op_floor BATCHES CALLS\n";
        return 2;
    }
    int batches = std::atoi(argv[1]), calls = std::atoi(argv[2]);
    at::set_num_threads(1);
    auto a = at::ones({1}), b = at::ones({1}), m = at::ones({4, 4}), bias = at::ones({4});
    auto w = at::ones({4}).requires_grad_();
    std::vector<int64_t> last{4};
    std::vector<std::pair<std::string, std::function<double()>>> timers{
        {"add", [&] { return nanoseconds(batches, calls, [&] { a.add(b); }); }},
        {"add_scalar", [&] { return nanoseconds(batches, calls, [&] { a.add(1.0); }); }},
        {"add_in_place", [&] { return nanoseconds(batches, calls, [&] { a.add_(b); }); }},
        {"mul", [&] { return nanoseconds(batches, calls, [&] { a.mul(b); }); }},
        {"view", [&] { return nanoseconds(batches, calls, [&] { m.view({16}); }); }},
        {"transpose", [&] { return nanoseconds(batches, calls, [&] { m.transpose(0, 1); }); }},
        {"sum", [&] { return nanoseconds(batches, calls, [&] { m.sum(); }); }},
        {"softmax", [&] { return nanoseconds(batches, calls, [&] { m.softmax(-1); }); }},
        {"matmul", [&] { return nanoseconds(batches, calls, [&] { m.matmul(m); }); }},
        {"linear", [&] { return nanoseconds(batches, calls, [&] { at::linear(m, m, bias); }); }},
        {"layer_norm", [&] { return nanoseconds(batches, calls, [&] { at::layer_norm(m, last, bias, bias); }); }},
        {"mul_recorded", [&] { return nanoseconds(batches, calls, [&] { w.mul(w); }); }},
    };
    std::cout << "{\"ready\": true}" << std::endl;
    std::string command;
    while (std::getline(std::cin, command)) {
        std::cout << '{';
        for (size_t i = 0; i < timers.size(); i++)
            std::cout << (i ? ", \"" : "\"") << timers[i].first << "\": " << timers[i].second();
        std::cout << '}' << std::endl;
    }
}
