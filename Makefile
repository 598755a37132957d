# The two commands of the README, `make demo` and `make test`, do all the set-up on a fresh machine.
BUILD := build/release
UNDERSTUDY := $(BUILD)/understudy
LABELS ?= unit|multirank|integration

.PHONY: demo test build configure setup format clean

build: configure
	@cmake --build $(BUILD)

configure: setup
	@test -f $(BUILD)/build.ninja || cmake --preset release

setup:
	@tools/setup $(SETUP)

test: build
	@cd $(BUILD) && ctest --output-on-failure --no-tests=error -j 2 -L '$(LABELS)'

demo: configure
	@cmake --build $(BUILD) --target understudy
	@tools/demo $(UNDERSTUDY)

format:
	@git ls-files '*.h' '*.cc' | xargs clang-format-14 -i

clean:
	@rm -rf build demo
