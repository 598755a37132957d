#pragma once

#include <filesystem>

#include "trainer/evaluation/evaluation_bench.h"

namespace understudy {

/// Writes a PNG with a row for each of the first clips: source, driving frame, result, truth. Crossed people where the
/// true picture of that is known, else clips that drive themselves. @throws FileError
void write_comparison(const std::filesystem::path& path, const EvaluationBench& bench);

}  // namespace understudy
