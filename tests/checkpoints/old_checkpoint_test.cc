// Checkpoints that earlier programs wrote, kept in old/ as they were; see old/make.py.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "checkpoints/report.h"
#include "checkpoints/store.h"
#include "common/atomic_file.h"
#include "common/hash.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

const std::string& type_name(at::ScalarType type) {
  static const std::map<at::ScalarType, std::string> kNames = {
      {at::kFloat, "F32"}, {at::kDouble, "F64"}, {at::kLong, "I64"}};
  return kNames.at(type);
}

/// "F32 [2, 3] <SHA-256>", as make.py writes it.
std::string description(const at::Tensor& tensor) {
  const at::Tensor whole = tensor.contiguous();
  const std::string_view bytes(static_cast<const char*>(whole.const_data_ptr()), whole.nbytes());
  return fmt::format("{} [{}] {}", type_name(tensor.scalar_type()), fmt::join(tensor.sizes(), ", "), sha256_hex(bytes));
}

std::map<std::string, std::string> descriptions(const NamedTensors& tensors) {
  std::map<std::string, std::string> found;
  for (const auto& [name, tensor] : tensors) found[name] = description(tensor);
  return found;
}

class OldCheckpoint : public testing::TestWithParam<int> {
 protected:
  fs::path folder() const { return fs::path(UNDERSTUDY_OLD_CHECKPOINTS) / fmt::format("v{}", GetParam()); }
};

TEST_P(OldCheckpoint, GivesTheTensorsThatItsProgramWrote) {
  const auto wanted = nlohmann::json::parse(read_file(folder() / "tensors.json"))
                          .get<std::map<std::string, std::map<std::string, std::string>>>();
  const std::optional<LoadedCheckpoint> checkpoint = CheckpointStore(folder() / "fsrt").newest_intact();
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->manifest().format_version, GetParam());
  EXPECT_EQ(checkpoint->manifest().iteration, 6);
  EXPECT_EQ(descriptions(checkpoint->tensors(kModelPart)), wanted.at(std::string(kModelPart)));
  EXPECT_EQ(descriptions(checkpoint->tensors(kOptimizerPart)), wanted.at(std::string(kOptimizerPart)));
  EXPECT_EQ(nlohmann::json::parse(checkpoint->text(kTrainerPart)).at("completed"), 6);
}

TEST_P(OldCheckpoint, PassesVerification) {
  const VerifyReport report = verify_checkpoints(folder() / "fsrt");
  EXPECT_TRUE(report.intact && report.readable) << report.text;
}

// Whoever raises kCheckpointVersion first runs old/make.py for the version before.
INSTANTIATE_TEST_SUITE_P(EveryVersion, OldCheckpoint, testing::Range(1, std::max(2, kCheckpointVersion)));

}  // namespace
}  // namespace understudy
