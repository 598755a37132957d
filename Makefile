# The two commands of the README, `make demo` and `make test`, do all the set-up on a fresh machine.
BUILD := build/release
UNDERSTUDY := $(BUILD)/understudy
LABELS ?= unit|multirank|integration

.PHONY: demo demo-latent-pose test test-slurm test-gpu test-asan build configure setup format clean

build: configure
	@cmake --build $(BUILD)

configure: setup
	@test -f $(BUILD)/build.ninja || cmake --preset release

setup:
	@tools/setup $(SETUP)

test: build
	@cd $(BUILD) && ctest --output-on-failure --no-tests=error -j 2 -L '$(LABELS)'

# Brings up a real SLURM cluster of three nodes on this machine; needs root.
test-slurm: override SETUP += --slurm
test-slurm: configure
	@cmake --build $(BUILD) --target understudy
	@UNDERSTUDY=$(CURDIR)/$(UNDERSTUDY) PYTHONPATH=tests/integration python3 tests/slurm/slurm_test.py

# Reads damaged sets under the address and undefined-behaviour sanitizers.
test-asan: setup
	@test -f build/asan/build.ninja || cmake --preset asan
	@cmake --build build/asan --target set_damage_tests
	@cd build/asan && ctest --output-on-failure --no-tests=error -R set_damage_tests

# Builds with CUDA and NCCL, which needs no GPU; without one the tests skip.
test-gpu: override SETUP += --cuda
test-gpu: setup
	@test -f build/cuda/build.ninja || cmake --preset cuda
	@cmake --build build/cuda --target understudy gpu_tests
	@cd build/cuda && ctest --output-on-failure --no-tests=error -L gpu

demo: configure
	@cmake --build $(BUILD) --target understudy
	@tools/demo $(UNDERSTUDY)

demo-latent-pose: configure
	@cmake --build $(BUILD) --target understudy
	@tools/demo-latent-pose $(UNDERSTUDY)

format:
	@git ls-files '*.h' '*.cc' | xargs clang-format-14 -i

clean:
	@rm -rf build demo
