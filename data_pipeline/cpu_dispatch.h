#pragma once

// Loops that are worth it are compiled twice: as they are, and inlined into a function marked UNDERSTUDY_AVX2, which
// carries the instruction set to all that it inlines. The arithmetic is the same and AVX2 alone brings no fused
// operations, so both give the same bits. target_clones would take fewer words, but rests on ifunc resolvers, which
// sanitisers break.
#if defined(__x86_64__)
#define UNDERSTUDY_AVX2 __attribute__((target("avx2")))
#define UNDERSTUDY_INLINE inline __attribute__((always_inline))
#else
#error "the vectorised loops are written for x86-64"
#endif

namespace understudy {

/// Which of the two compiled versions runs; asking for the portable one serves tests.
enum class CodePath { kBest, kPortable };

inline bool use_avx2(CodePath path) {
  return path == CodePath::kBest && __builtin_cpu_supports("avx2") != 0;
}

}  // namespace understudy
