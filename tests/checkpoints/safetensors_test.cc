#include "checkpoints/safetensors.h"

#include <cstring>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/checkpoints/fixture_files.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// A file of the given header and data, written byte by byte.
std::string file_of(const std::string& header, const std::string& data) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>((header.size() >> (8 * i)) & 0xFFU);
  return bytes + header + data;
}

SafetensorsFile open_bytes(const std::string& bytes) {
  return SafetensorsFile::open(MemoryFile(bytes).path());
}

std::string bytes_written(const NamedTensors& tensors, const Metadata& metadata = {}) {
  const TemporaryFolder folder;
  write_safetensors(folder.path() / "file", tensors, metadata);
  return read_file(folder.path() / "file");
}

TEST(Safetensors, WritesTheBytesOfTheFormat) {
  const std::string bytes =
      bytes_written({{"b", at::scalar_tensor(1.5F)}, {"a", at::ones({2}, at::kLong)}}, {{"k", "v"}});
  std::string header =
      R"({"__metadata__":{"k":"v"},"a":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[],"data_offsets":[16,20]}})";
  while (header.size() % 8 != 0) header += ' ';
  std::string data(20, '\0');
  data[0] = data[8] = 1;
  const float value = 1.5F;
  std::memcpy(data.data() + 16, &value, 4);
  EXPECT_EQ(bytes, file_of(header, data));
}

TEST(Safetensors, KnowsTheLengthOfAFileWithoutItsData) {
  const NamedTensors tensors{{"b", at::scalar_tensor(1.5F)}, {"a", at::ones({2, 3}, at::kLong)}};
  NamedTensors outline;
  for (const auto& [name, tensor] : tensors)
    outline.emplace_back(name, at::empty_like(tensor, tensor.options().device(at::kMeta)));
  EXPECT_EQ(safetensors_bytes(outline, {{"k", "v"}}), bytes_written(tensors, {{"k", "v"}}).size());
}

TEST(Safetensors, WritesTheSameBytesInAnyOrder) {
  const NamedTensor a{"a", at::ones({3})};
  const NamedTensor b{"b", at::zeros({2, 2}, at::kDouble)};
  const NamedTensor c{"c", at::zeros({1}, at::kByte)};
  EXPECT_EQ(bytes_written({a, b, c}), bytes_written({c, b, a}));
}

TEST(Safetensors, ReadsBackEveryType) {
  const TemporaryFolder folder;
  NamedTensors tensors;
  for (const auto type : {at::kBool,
                          at::kByte,
                          at::kChar,
                          at::kShort,
                          at::kUInt16,
                          at::kInt,
                          at::kUInt32,
                          at::kLong,
                          at::kUInt64,
                          at::kHalf,
                          at::kBFloat16,
                          at::kFloat,
                          at::kDouble,
                          at::kFloat8_e5m2,
                          at::kFloat8_e4m3fn}) {
    tensors.emplace_back(c10::toString(type), at::arange(6).reshape({2, 3}).to(type));
  }
  tensors.emplace_back("empty", at::zeros({0, 4}));
  tensors.emplace_back("transposed", at::arange(6.0).reshape({2, 3}).t());
  write_safetensors(folder.path() / "file", tensors);
  const SafetensorsFile file = SafetensorsFile::open(folder.path() / "file");
  EXPECT_EQ(file.names().size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor read = file.tensor(name);
    EXPECT_EQ(read.scalar_type(), tensor.scalar_type()) << name;
    EXPECT_EQ(read.sizes(), tensor.sizes()) << name;
    EXPECT_TRUE(at::equal(read.to(at::kDouble), tensor.to(at::kDouble))) << name;
  }
}

TEST(Safetensors, ReadsAFileThatDoesNotPad) {
  const SafetensorsFile file = open_bytes(file_of(
      R"({"x":{"data_offsets":[1,9],"dtype":"F32","shape":[2]},"u":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"__metadata__":{"format":"pt"}})",
      std::string("\x07\x00\x00\x80\x3f\x00\x00\x00\x40", 9)));
  EXPECT_EQ(file.tensor("x")[0].item<float>(), 1.0F);
  EXPECT_EQ(file.tensor("x")[1].item<float>(), 2.0F);
  EXPECT_EQ(file.tensor("u").item<std::uint8_t>(), 7);
  EXPECT_EQ(file.metadata().at("format"), "pt");
  EXPECT_THAT([&] { file.tensor("y"); }, ThrowsMessage<CheckpointError>(HasSubstr("no tensor \"y\" among its 2")));
}

struct BadHeader {
  const char* header;
  std::size_t data_bytes;
  const char* reason;
};

class SafetensorsDamage : public testing::TestWithParam<BadHeader> {};

TEST_P(SafetensorsDamage, IsRefusedWithItsReason) {
  const std::string bytes = file_of(GetParam().header, std::string(GetParam().data_bytes, '\0'));
  EXPECT_THAT([&] { open_bytes(bytes); }, ThrowsMessage<CheckpointError>(HasSubstr(GetParam().reason)));
}

INSTANTIATE_TEST_SUITE_P(
    Headers,
    SafetensorsDamage,
    testing::Values(
        BadHeader{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 3, "cut short"},
        BadHeader{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 5, "extended"},
        BadHeader{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8, "a hole or an overlap"},
        BadHeader{
            R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
            6,
            "overlap"},
        BadHeader{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4, "does not fill"},
        BadHeader{R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", 0, "does not fill"},
        BadHeader{R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "impossible shape"},
        BadHeader{R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4, "impossible shape"},
        BadHeader{R"({"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}})", 4, "unknown type"},
        BadHeader{R"({"a":{"dtype":"F32","shape":[1]}})", 4, "incomplete entry"},
        BadHeader{
            R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
            0,
            "twice"},
        BadHeader{R"({"__metadata__":{"k":1}})", 0, "is no text"},
        BadHeader{R"({"a":)", 0, "not valid JSON"},
        BadHeader{R"([])", 0, "does not start with"}));

TEST(Safetensors, RefusesEveryCutFile) {
  const std::string bytes = bytes_written({{"a", at::ones({3})}});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THROW(open_bytes(bytes.substr(0, length)), CheckpointError) << length;
  }
}

TEST(Safetensors, SurvivesFlippedBytes) {
  const std::string bytes = bytes_written({{"a", at::ones({3})}, {"b", at::ones({2}, at::kHalf)}}, {{"k", "v"}});
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int flip : {0x01, 0x04, 0x80, 0xFF}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      try {
        open_bytes(damaged).all();
      } catch (const CheckpointError&) {
      }
    }
  }
}

TEST(Safetensors, RefusesNamesAndTypesItCannotWrite) {
  const TemporaryFolder folder;
  const auto write = [&](const NamedTensors& tensors) { write_safetensors(folder.path() / "file", tensors); };
  EXPECT_THAT(
      [&] {
        write({{"a", at::ones({1})}, {"a", at::ones({1})}});
      },
      ThrowsMessage<CheckpointError>(HasSubstr("given twice")));
  EXPECT_THAT(
      [&] {
        write({{"c", at::ones({1}, at::kComplexFloat)}});
      },
      ThrowsMessage<CheckpointError>(HasSubstr("ComplexFloat")));
  EXPECT_THAT([&] { write({{"\xff", at::ones({1})}}); }, ThrowsMessage<CheckpointError>(HasSubstr("UTF-8")));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Safetensors, APartHasTheSizeAndHashOfTheWholeFile) {
  const TemporaryFolder folder;
  const NamedTensors tensors = {{"a", at::arange(1000)}};
  const PartInfo part = write_safetensors_part(folder.path(), "part", tensors);
  EXPECT_EQ(part.name, "part");
  EXPECT_EQ(part.size, std::filesystem::file_size(folder.path() / "part"));
  EXPECT_EQ(part.sha256, sha256_of_file(folder.path() / "part"));
  EXPECT_EQ(read_file(folder.path() / "part"), bytes_written(tensors));
}

}  // namespace
}  // namespace understudy
