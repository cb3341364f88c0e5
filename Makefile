# saae: build, test, install. `make help` lists the targets.
#
# Variables to set on the command line:
#   CC=gcc|clang   CFLAGS="-O2 -g"   WITH_OPENCL=1|0   BUILD=build   PREFIX=/usr/local   DESTDIR=
# A change of any of them rebuilds what it touches.

VERSION     := 0.1.0
BUILD       ?= build
PREFIX      ?= /usr/local
WITH_OPENCL ?= 1
CFLAGS      ?= -O2 -g
PKG_CONFIG  ?= pkg-config
ifeq ($(origin CC),default)
CC := gcc
endif

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# ---- Sources: a fixed list of rooms, see "Layout" in README.md ------------------------------

ROOMS := base runtime reference ops graph models data train eval verify bench

# Without OpenCL the runtime is none.c and the files of the room that do not touch OpenCL.
RUNTIME_ALWAYS :=
RUNTIME_OPENCL := $(filter-out src/runtime/none.c,$(wildcard src/runtime/*.c))
RUNTIME_NONE   := $(wildcard src/runtime/none.c) $(addprefix src/runtime/,$(RUNTIME_ALWAYS))

c_files      = $(wildcard $(1)/*.c $(1)/*/*.c)
LIB_SOURCES := $(foreach room,$(filter-out runtime,$(ROOMS)),$(call c_files,src/$(room)))
CLI_SOURCES := $(wildcard src/cli/*.c)
TEST_SOURCES := $(wildcard tests/*.c) $(foreach room,$(ROOMS) cli,$(call c_files,tests/$(room)))
ifeq ($(WITH_OPENCL),0)
LIB_SOURCES  += $(RUNTIME_NONE)
TEST_SOURCES := $(filter-out tests/runtime/%,$(TEST_SOURCES))
else
LIB_SOURCES  += $(RUNTIME_OPENCL)
endif
KERNELS := $(sort $(wildcard cl/*.cl cl/*.clh))

LIB_OBJECTS  := $(LIB_SOURCES:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/gen/kernels.o
CLI_OBJECTS  := $(CLI_SOURCES:%.c=$(BUILD)/obj/%.o)
TEST_OBJECTS := $(TEST_SOURCES:%.c=$(BUILD)/obj/%.o)
OBJECTS      := $(LIB_OBJECTS) $(CLI_OBJECTS) $(TEST_OBJECTS)

# ---- Flags ----------------------------------------------------------------------------------

PACKAGES := libpng libjpeg zlib libcjson cairo freetype2
ifneq ($(WITH_OPENCL),0)
PACKAGES += OpenCL clblast
endif
# Asked at their first use and then kept: `make deps demo` installs the packages before that.
once = $(eval $(1) := $(2))$($(1))
# Other people's headers are system headers: our warnings are not for them.
PACKAGE_CFLAGS = $(call once,PACKAGE_CFLAGS,$(patsubst -I%,-isystem %,$(shell \
    $(PKG_CONFIG) --cflags $(PACKAGES) 2>/dev/null)))
PACKAGE_LIBS = $(call once,PACKAGE_LIBS,$(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null))

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Werror -Wno-missing-field-initializers
DEFINES  := -D_DEFAULT_SOURCE -DSAAE_WITH_OPENCL=$(if $(filter 0,$(WITH_OPENCL)),0,1)
INCLUDES  = -Isrc -Iinclude -I$(BUILD)/gen $(PACKAGE_CFLAGS)
COMPILE   = $(CC) -std=c11 $(DEFINES) $(CPPFLAGS) $(INCLUDES) $(WARNINGS) $(CFLAGS) -pthread
LINK      = $(CC) $(CFLAGS) $(LDFLAGS) -pthread
LIBS      = $(PACKAGE_LIBS) -lm

# ---- Program and library --------------------------------------------------------------------

.PHONY: all
all: $(BUILD)/saae $(BUILD)/libsaae.a ## build the program and the library (the default)

$(BUILD)/saae: $(CLI_OBJECTS) $(BUILD)/libsaae.a $(BUILD)/sources
	@echo "  LINK  $@"
	@$(LINK) -o $@ $(CLI_OBJECTS) $(BUILD)/libsaae.a $(LIBS)

$(BUILD)/libsaae.a: $(LIB_OBJECTS) $(BUILD)/sources
	@echo "  AR    $@"
	@rm -f $@ && ar rcs $@ $(LIB_OBJECTS)

$(BUILD)/tests/run: $(TEST_OBJECTS) $(CLI_OBJECTS) $(BUILD)/libsaae.a $(BUILD)/sources
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(LINK) -o $@ $(TEST_OBJECTS) $(filter-out %/cli/main.o,$(CLI_OBJECTS)) \
	    $(BUILD)/libsaae.a $(LIBS) -lcmocka

$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(BUILD)/packages $(BUILD)/gen/version.h
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(COMPILE) -MMD -MP -c -o $@ $<

$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags | $(BUILD)/packages
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(COMPILE) -MMD -MP -c -o $@ $<

$(TEST_OBJECTS): private INCLUDES += -I. -Itests

-include $(OBJECTS:.o=.d)

# ---- Made files: a stamp changes only when its content does -----------------------------------

.PHONY: FORCE
define write_if_changed
@mkdir -p $(@D)
@printf '%s\n' $(1) | cmp -s - $@ || printf '%s\n' $(1) > $@
endef

# With -j, too, what deps installs is there before anything is built.
$(BUILD)/flags: FORCE | $(filter deps deps-ci deps-intel,$(MAKECMDGOALS))
	$(call write_if_changed,'$(COMPILE) | $(LINK) | $(LIBS)' "$$($(CC) --version 2>&1 | head -n 1)")

$(BUILD)/sources: FORCE
	$(call write_if_changed,$(sort $(OBJECTS)))

$(BUILD)/gen/version.h: FORCE
	$(call write_if_changed,'#define SAAE_VERSION "$(VERSION)"' "#define SAAE_REVISION \
	\"$$(git describe --always --dirty 2>/dev/null || echo unknown)\"")

$(BUILD)/gen/kernels.c: $(BUILD)/tools/embed $(KERNELS) $(BUILD)/gen/kernels.list
	@echo "  EMBED $(words $(KERNELS)) kernel files"
	@$(BUILD)/tools/embed $(KERNELS) > $@

$(BUILD)/gen/kernels.list: FORCE
	$(call write_if_changed,$(if $(KERNELS),$(KERNELS),none))

$(BUILD)/tools/embed: tools/embed.c $(BUILD)/flags | $(BUILD)/packages
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) -std=c11 $(DEFINES) $(WARNINGS) $(CFLAGS) $(LDFLAGS) -o $@ $<

# Says what is missing before the compiler does.
$(BUILD)/packages: $(BUILD)/flags
	@for package in $(PACKAGES); do $(PKG_CONFIG) --exists $$package || \
	    { echo "$$package not found: run 'make deps'" >&2; exit 1; }; done
	@echo '#include <Random123/philox.h>' | $(CC) $(CPPFLAGS) -E -o /dev/null - 2>/dev/null || \
	    { echo "Random123 not found: run 'make deps'" >&2; exit 1; }
	@touch $@

# ---- Getting started --------------------------------------------------------------------------

.PHONY: deps deps-ci deps-intel demo
deps: ## install what the build and the tests need (Debian, Ubuntu)
	@tools/deps.sh
deps-ci: ## also clang, the linters, Oclgrind and Mesa's OpenCL
	@tools/deps.sh ci
deps-intel: ## Intel's OpenCL runtime for CPUs, from PyPI, under build/intel
	@tools/deps.sh intel

demo: all ## train on real pictures and make new ones, a few minutes on two CPU cores
	@tools/demo.sh $(BUILD)

# ---- Checks -----------------------------------------------------------------------------------

.PHONY: test verify bench asan ubsan oclgrind layers lint format
test: layers all $(BUILD)/tests/run ## every test; ends with "N passed, N failed, N skipped"
	@tests/run.sh $(BUILD)

verify: all ## check every kernel on the default device against the double-precision reference
	@$(BUILD)/saae verify $(VERIFY_FLAGS)

bench: all ## time kernels and training steps on the default device
	@$(BUILD)/saae bench $(BENCH_FLAGS)

SANITIZED = $(MAKE) --no-print-directory test WITH_OPENCL=$(WITH_OPENCL)
asan: ## the tests with AddressSanitizer, in build/asan
	+@ASAN_OPTIONS=handle_segv=2:protect_shadow_gap=0:$$ASAN_OPTIONS \
	LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0 \
	SAAE_TEST_SMALL=1 $(SANITIZED) BUILD=build/asan \
	CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address"

ubsan: ## the tests with UndefinedBehaviorSanitizer, in build/ubsan
	+@UBSAN_OPTIONS=print_stacktrace=1 \
	SAAE_TEST_SMALL=1 $(SANITIZED) BUILD=build/ubsan \
	CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=undefined -fno-sanitize-recover=all"

oclgrind: all $(BUILD)/tests/run ## tests and kernels in Oclgrind: races, uninitialised, bounds
	@tests/oclgrind.sh $(BUILD)

layers: ## check the direction of dependencies, file lengths, and that every test is registered
	@tools/layers.sh

lint: layers $(BUILD)/gen/version.h ## clang-tidy, cppcheck, shellcheck, and the layers
	@tools/lint.sh "$(DEFINES) $(INCLUDES) -I. -Itests" $(LIB_SOURCES) $(CLI_SOURCES) $(TEST_SOURCES)

format: ## clang-format on our C files
	@clang-format -i $$(find src include tests tools bench -name '*.[ch]')

# ---- Install ------------------------------------------------------------------------------------

.PHONY: install uninstall clean help
SHARED = $(shell find share -type f 2>/dev/null)

install: all ## copy program, library and headers below $(DESTDIR)$(PREFIX)
	@install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include/saae \
	    $(DESTDIR)$(PREFIX)/lib/pkgconfig
	@install -m 755 $(BUILD)/saae $(DESTDIR)$(PREFIX)/bin/saae
	@install -m 644 $(BUILD)/libsaae.a $(DESTDIR)$(PREFIX)/lib/libsaae.a
	@install -m 644 include/saae/*.h $(DESTDIR)$(PREFIX)/include/saae
	@printf '%s\n' 'prefix=$(PREFIX)' 'Name: saae' 'Version: $(VERSION)' \
	    'Description: Stylized adversarial autoencoder on OpenCL' \
	    'Requires: $(PACKAGES)' 'Cflags: -I$${prefix}/include' \
	    'Libs: -L$${prefix}/lib -lsaae -lm -pthread' \
	    > $(DESTDIR)$(PREFIX)/lib/pkgconfig/saae.pc
	@for file in $(SHARED); do \
	    install -D -m 644 $$file $(DESTDIR)$(PREFIX)/share/saae/$${file#share/}; done
	@echo "installed below $(DESTDIR)$(PREFIX)"

uninstall: ## remove what install copied
	@rm -rf $(DESTDIR)$(PREFIX)/bin/saae $(DESTDIR)$(PREFIX)/lib/libsaae.a \
	    $(DESTDIR)$(PREFIX)/lib/pkgconfig/saae.pc $(DESTDIR)$(PREFIX)/include/saae \
	    $(DESTDIR)$(PREFIX)/share/saae

clean: ## remove all that was built
	@rm -rf $(BUILD)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile
