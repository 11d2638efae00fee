# Which libtorch runs: the CPU's from Paket's packages, unless .build/engine names another folder; RESEARCH_LIBTORCH overrides both.

engine_choice=$build/engine

# A separate project restores the CUDA packages and gathers their libraries in one folder.
choose_engine() { # cpu | cuda
    case $1 in
    cpu) rm -f "$engine_choice" ;;
    cuda)
        nuget_feed
        if ! try_step "CUDA engine (TorchSharp-cuda-linux, about 3 GB)" \
            dotnet build "$root/.setup/engine/Engine.csproj" -p:ResearchEngine=cuda -o "$build/cuda" --nologo -v quiet; then
            grep -q 'NU1101' "$log" &&
                die "the NuGet feed does not serve TorchSharp-cuda-linux; set RESEARCH_LIBTORCH to the torch folder of a PyTorch 2.10 with CUDA instead"
            die "the CUDA engine could not be restored; see $log"
        fi
        [ -f "$build/cuda/libtorch_cuda.so" ] || die "$build/cuda has no libtorch_cuda.so, so the package is not a CUDA engine"
        echo "$build/cuda" >"$engine_choice"
        ;;
    *) die "no engine '$1'; the engines are cpu and cuda" ;;
    esac
}

engine_name() {
    if [ -n "${RESEARCH_LIBTORCH:-}" ]; then
        echo "$RESEARCH_LIBTORCH (RESEARCH_LIBTORCH)"
    else
        cat "$engine_choice" 2>/dev/null || echo "the package libtorch-cpu-linux-x64"
    fi
}
