#include "checkpoints/torch_file.h"

#include <limits>
#include <string>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/torch_checkpoint.h"
#include "checkpoints/weights_file.h"
#include "checkpoints/zip_file.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/checkpoints/fixture_files.h"
#include "tests/checkpoints/torch_fixtures.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using namespace std::string_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

PickleValue read_bytes(const std::string& bytes) {
  return read_torch_file(MemoryFile(bytes).path());
}

/// A zip as torch.save makes it, with the given pickle and one storage.
std::string zip_with_pickle(const std::string& pickle) {
  std::string bytes;
  ZipWriter zip(
      [&](std::span<const std::byte> part) { bytes.append(reinterpret_cast<const char*>(part.data()), part.size()); });
  zip.add("archive/data.pkl", pickle);
  zip.add("archive/data/0", std::string(16, '\0'));
  zip.finish();
  return bytes;
}

std::vector<float> floats(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.to(at::kFloat).contiguous();
  return {plain.const_data_ptr<float>(), plain.const_data_ptr<float>() + plain.numel()};
}

void expect_training_checkpoint(const PickleValue& value) {
  const NamedTensors model = state_dict_of(value.require("model", "file"), "model");
  ASSERT_EQ(model.size(), 7U);
  EXPECT_EQ(model[0].first, "0.weight");
  EXPECT_EQ(model[0].second.sizes(), at::IntArrayRef({2, 3}));
  EXPECT_THAT(floats(model[0].second), testing::ElementsAre(0, 0.25, 0.5, 0.75, 1, 1.25));
  EXPECT_EQ(model[6].first, "1.num_batches_tracked");
  EXPECT_EQ(model[6].second.item<std::int64_t>(), 1);
  EXPECT_EQ(value.find("it")->to_int("it"), 41000);
  EXPECT_EQ(value.find("big")->to_int("big"), std::int64_t{1} << 40);
  EXPECT_EQ(value.find("negative")->to_int("negative"), -5);
  EXPECT_EQ(value.find("t")->to_double("t"), 1.5);
  EXPECT_EQ(value.find("loss_val_best")->to_double("loss"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(value.find("run_id")->is_none());
  EXPECT_TRUE(value.find("flag")->to_bool("flag"));
  EXPECT_EQ(value.find("items")->to_items("items")[1].to_items("pair")[1].to_text("x"), "x");
  EXPECT_EQ(value.find("best")->to_double("best"), 2.5);
  EXPECT_THAT(floats(value.find("half")->to_tensor("half")), testing::ElementsAre(1.5, -2));
  EXPECT_EQ(value.find("scalar")->to_tensor("scalar").item<std::int64_t>(), 7);
  EXPECT_EQ(value.find("empty")->to_tensor("empty").sizes(), at::IntArrayRef({0, 3}));
  EXPECT_THAT(floats(value.find("parameter")->to_tensor("parameter")), testing::ElementsAre(3));
}

void expect_view_shares_storage(const PickleValue& value) {
  const at::Tensor& base = value.find("base")->to_tensor("base");
  const at::Tensor& view = value.find("view")->to_tensor("view");
  EXPECT_EQ(view.sizes(), at::IntArrayRef({3, 3}));
  EXPECT_EQ(view.strides(), at::IntArrayRef({1, 4}));
  EXPECT_EQ(view.data_ptr(), static_cast<std::int64_t*>(base.data_ptr()) + 1);
  EXPECT_THAT(floats(view), testing::ElementsAre(1, 5, 9, 2, 6, 10, 3, 7, 11));
}

void expect_adam(const PickleValue& value) {
  const AdamState state = adam_state_of(*value.find("optimizer"), {"w", "b", "g", "h"}, "optimizer");
  EXPECT_EQ(state.group.learning_rate, 5e-4);
  EXPECT_EQ(state.group.beta2, 0.98);
  EXPECT_EQ(state.tensors.size(), 12U);
  EXPECT_EQ(require_tensor(state.tensors, "w.step", "state").item<float>(), 1.0F);
  EXPECT_EQ(require_tensor(state.tensors, "w.exp_avg_sq", "state").sizes(), at::IntArrayRef({2, 3}));
}

TEST(TorchFile, ReadsAZipOfPyTorch) {
  const PickleValue value = read_bytes(unpack_fixture(kZipFixture));
  expect_training_checkpoint(value);
  expect_view_shares_storage(value);
  expect_adam(value);
  EXPECT_EQ(value.find("unsigned")->to_tensor("unsigned").scalar_type(), at::kUInt16);
}

TEST(TorchFile, ReadsTheOlderStreamOfPickles) {
  const PickleValue value = read_bytes(unpack_fixture(kLegacyFixture));
  expect_training_checkpoint(value);
  expect_view_shares_storage(value);
  expect_adam(value);
}

TEST(TorchFile, ReadsArgumentsAndPathsOfProtocol4AsData) {
  const PickleValue value = read_bytes(unpack_fixture(kNamespaceFixture));
  const PickleValue& arguments = value.require("args", "file");
  EXPECT_EQ(arguments.require("num_labels", "args").to_int("num_labels"), 3);
  EXPECT_EQ(arguments.require("experiment_dir", "args").to_text("experiment_dir"), "/a/b");
  EXPECT_THAT(floats(state_dict_of(*value.find("generator"), "generator")[0].second), testing::ElementsAre(1, 2));
}

/// Opcode of a text shorter than 256 bytes, protocol 4.
std::string short_text(const std::string& text) {
  return "\x8c"s + static_cast<char>(text.size()) + text;
}

/// A class without arguments and then its state, protocol 4.
std::string object_with_state(const std::string& module, const std::string& name) {
  return "\x80\x04" + short_text(module) + short_text(name) + "\x93)\x81}" + short_text("lr") + "K\x05sb.";
}

TEST(TorchFile, ReadsPathsOfEveryPythonAsText) {
  const auto path = [](const std::string& module, const std::string& name, const std::vector<std::string>& segments) {
    std::string pickle = "\x80\x04" + short_text(module) + short_text(name) + "\x93(";
    for (const std::string& segment : segments) pickle += short_text(segment);
    return read_bytes(zip_with_pickle(pickle + "tR.")).to_text("path");
  };
  EXPECT_EQ(path("pathlib", "PosixPath", {"/", "runs", "a"}), "/runs/a");
  EXPECT_EQ(path("pathlib._local", "PosixPath", {"runs", "/else"}), "/else") << "as pathlib joins";
  EXPECT_EQ(path("pathlib", "PurePosixPath", {"runs/", "a"}), "runs/a");
  EXPECT_EQ(path("pathlib._local", "PureWindowsPath", {"C:\\", "a"}), "C:\\a");
  EXPECT_EQ(path("pathlib", "WindowsPath", {"a", "b"}), "a/b");
  EXPECT_EQ(path("pathlib", "Path", {}), ".");
}

TEST(TorchFile, KeepsANamespaceApartFromADict) {
  const TemporaryFolder folder;
  PickleDict arguments{{}, DictKind::kNamespace};
  arguments.items.emplace_back("lr", 1e-4);
  arguments.items.emplace_back("ids", PickleValue::List{50, 100});
  write_torch_file(folder.path() / "arguments.pt", PickleDict{{{"args", arguments}, {"plain", PickleDict{}}}});
  const PickleValue value = read_torch_file(folder.path() / "arguments.pt");
  EXPECT_EQ(value.require("args", "file").to_dict("args").kind, DictKind::kNamespace);
  EXPECT_EQ(value.require("args", "file").require("lr", "args").to_double("lr"), 1e-4);
  EXPECT_EQ(value.require("plain", "file").to_dict("plain").kind, DictKind::kPlain);
  EXPECT_EQ(read_bytes(zip_with_pickle(object_with_state("argparse", "Namespace"))).find("lr")->to_int("lr"), 5);
}

TEST(TorchFile, RefusesAClassThatOnlyLooksLikeANamespace) {
  EXPECT_THAT(
      [] { read_bytes(zip_with_pickle(object_with_state("mylib.options", "Namespace"))); },
      ThrowsMessage<CheckpointError>(AllOf(HasSubstr("\"mylib.options.Namespace\""), HasSubstr("Nothing was run"))));
  EXPECT_THAT([] { read_bytes(zip_with_pickle("\x80\x04}}" + short_text("lr") + "K\x05sb.")); },
              ThrowsMessage<CheckpointError>(HasSubstr("sets the state of a value that has none")));
}

TEST(TorchFile, WritesWhatItReads) {
  const TemporaryFolder folder;
  PickleDict dict;
  const PickleValue original = read_bytes(unpack_fixture(kLegacyFixture));
  for (const auto& item : original.to_dict("file").items) {
    if (item.first.to_text("key") != "unsigned") dict.items.push_back(item);
  }
  write_torch_file(folder.path() / "again.pt", dict);
  const PickleValue value = read_torch_file(folder.path() / "again.pt");
  expect_training_checkpoint(value);
  expect_adam(value);
  EXPECT_EQ(value.find("model")->to_dict("model").kind, DictKind::kOrdered);
  EXPECT_THAT(floats(value.find("view")->to_tensor("view")), testing::ElementsAre(1, 5, 9, 2, 6, 10, 3, 7, 11));
}

TEST(TorchFile, WritesTheSameBytesForTheSameValue) {
  const TemporaryFolder folder;
  const PickleValue value = state_dict_from({{"a", at::arange(5)}, {"b", at::ones({2, 2})}});
  write_torch_file(folder.path() / "1.pt", value);
  write_torch_file(folder.path() / "2.pt", value);
  EXPECT_EQ(read_file(folder.path() / "1.pt"), read_file(folder.path() / "2.pt"));
}

TEST(TorchFile, AlignsDataAndStoresTiedWeightsOnce) {
  const TemporaryFolder folder;
  const at::Tensor tied = at::ones({3});
  write_torch_file(folder.path() / "file.pt", state_dict_from({{"a", tied}, {"b", tied}, {"c", at::zeros({3})}}));
  const auto records = read_zip_directory(FileReader(folder.path() / "file.pt"));
  EXPECT_TRUE(records.contains("data/1"));
  EXPECT_FALSE(records.contains("data/2"));
  for (const auto& [name, record] : records) EXPECT_EQ(record.offset % 64, 0U) << name;
}

TEST(TorchFile, KeepsEveryElementTypeAndEdgeCases) {
  const TemporaryFolder folder;
  PickleDict dict;
  for (const auto type : {at::kBool,
                          at::kByte,
                          at::kChar,
                          at::kShort,
                          at::kInt,
                          at::kLong,
                          at::kHalf,
                          at::kBFloat16,
                          at::kFloat,
                          at::kDouble}) {
    dict.items.emplace_back(c10::toString(type), at::ones({2, 3}, type));
  }
  for (const std::int64_t number :
       {INT64_MIN, INT64_MAX, std::int64_t{-1}, std::int64_t{1} << 31, -(std::int64_t{1} << 31)}) {
    dict.items.emplace_back(std::to_string(number), number);
    dict.items.emplace_back(number, std::to_string(number));
  }
  dict.items.emplace_back("nothing", PickleTuple{});
  dict.items.emplace_back("no list", PickleValue::List{});
  write_torch_file(folder.path() / "file.pt", dict);
  const PickleValue value = read_torch_file(folder.path() / "file.pt");
  ASSERT_EQ(value.to_dict("file").items.size(), dict.items.size());
  for (const auto& [key, item] : dict.items) {
    if (const auto* number = std::get_if<std::int64_t>(&item.variant())) {
      EXPECT_EQ(value.find(key.to_text("key"))->to_int("number"), *number);
    }
    if (const auto* tensor = std::get_if<at::Tensor>(&item.variant())) {
      EXPECT_TRUE(at::equal(value.find(key.to_text("key"))->to_tensor("tensor"), *tensor));
      EXPECT_EQ(value.find(key.to_text("key"))->to_tensor("tensor").scalar_type(), tensor->scalar_type());
    }
  }
}

TEST(TorchFile, RefusesAPickleThatImportsSomething) {
  const std::string command =
      "\x80\x02"
      "cposix\nsystem\nX\x04\x00\x00\x00true\x85R."s;
  EXPECT_THAT([&] { read_bytes(zip_with_pickle(command)); },
              ThrowsMessage<CheckpointError>(AllOf(HasSubstr("\"posix.system\""), HasSubstr("Nothing was run"))));
  const std::string by_stack =
      "\x80\x04\x8c\x08"
      "builtins\x8c\x04"
      "eval\x93."s;
  EXPECT_THAT([&] { read_bytes(zip_with_pickle(by_stack)); },
              ThrowsMessage<CheckpointError>(HasSubstr("\"builtins.eval\"")));
}

/// A tensor of one dimension over a storage of four floats.
std::string pickle_of_tensor(int offset, int size, int stride) {
  const auto number = [](int value) { return "K"s + static_cast<char>(value); };
  return "\x80\x02"
         "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n"s
         "X\x01\x00\x00\x00"
         "0X\x03\x00\x00\x00"
         "cpuK\x04tQ"s +
         number(offset) + number(size) + "\x85" + number(stride) + "\x85\x89}tR.";
}

TEST(TorchFile, RefusesTensorsOutsideTheirStorage) {
  EXPECT_EQ(read_bytes(zip_with_pickle(pickle_of_tensor(0, 4, 1))).to_tensor("tensor").numel(), 4);
  EXPECT_EQ(read_bytes(zip_with_pickle(pickle_of_tensor(1, 2, 2))).to_tensor("tensor").stride(0), 2);
  for (const auto& damaged : {pickle_of_tensor(1, 4, 1), pickle_of_tensor(0, 3, 2), pickle_of_tensor(4, 1, 1)}) {
    EXPECT_THAT([&] { read_bytes(zip_with_pickle(damaged)); },
                ThrowsMessage<CheckpointError>(HasSubstr("does not lie in its storage")));
  }
}

TEST(TorchFile, RefusesAListThatHoldsItself) {
  const std::string circle =
      "\x80\x02]q\x00h\x00"
      "a."s;
  EXPECT_THAT([&] { read_bytes(zip_with_pickle(circle)); },
              ThrowsMessage<CheckpointError>(HasSubstr("deeper than 64")));
}

TEST(TorchFile, RefusesASmallFileThatUnfoldsWithoutEnd) {
  std::string doubling = "\x80\x02]q\x00"s;
  for (char level = 1; level < 60; ++level) {
    const std::string before = "h"s + static_cast<char>(level - 1);
    doubling += "](" + before + before + "eq" + level;
  }
  EXPECT_THAT([&] { read_bytes(zip_with_pickle(doubling + ".")); },
              ThrowsMessage<CheckpointError>(HasSubstr("more values")));
}

TEST(TorchFile, RefusesASmallFileThatDoublesWhatItHolds) {
  // An argparse.Namespace of one attribute that takes itself as its state, over and over.
  std::string attributes =
      "\x80\x02"
      "cargparse\nNamespace\n)\x81q\x00}X\x01\x00\x00\x00"
      "aNsb"s;
  for (int i = 0; i < 60; ++i)
    attributes +=
        "h\x00"
        "b"s;
  EXPECT_THAT([&] { read_bytes(zip_with_pickle(attributes + ".")); },
              ThrowsMessage<CheckpointError>(HasSubstr("more values")));
  // A path joined of the one before, twice.
  std::string path =
      "\x80\x02X\x01\x00\x00\x00"
      "aq\x00"s;
  for (char level = 1; level < 60; ++level) {
    const std::string before = "h"s + static_cast<char>(level - 1);
    path += "cpathlib\nPurePosixPath\n(" + before + before + "tRq" + level;
  }
  EXPECT_THAT([&] { read_bytes(zip_with_pickle(path + ".")); },
              ThrowsMessage<CheckpointError>(HasSubstr("a path of more than 64 KiB")));
  // A list of ten thousand pairs that becomes an OrderedDict fifty thousand times.
  std::string pairs = "\x80\x02]q\x00("s;
  for (int i = 0; i < 10000; ++i) pairs += "NN\x86";
  pairs += "e";
  for (int i = 0; i < 50000; ++i) pairs += "ccollections\nOrderedDict\nh\x00\x85R"s;
  EXPECT_THAT([&] { read_bytes(zip_with_pickle(pairs + ".")); },
              ThrowsMessage<CheckpointError>(HasSubstr("more values")));
}

TEST(TorchFile, NamesWhatAnotherFileIs) {
  EXPECT_THAT([] { read_bytes("no such format at all"); },
              ThrowsMessage<CheckpointError>(HasSubstr("neither a zip nor")));
  EXPECT_THAT([] { read_bytes(""); }, ThrowsMessage<CheckpointError>(HasSubstr("neither a zip nor")));
  std::string script;
  ZipWriter zip(
      [&](std::span<const std::byte> part) { script.append(reinterpret_cast<const char*>(part.data()), part.size()); });
  zip.add("m/constants.pkl", "");
  zip.finish();
  EXPECT_THAT([&] { read_bytes(script); }, ThrowsMessage<CheckpointError>(HasSubstr("TorchScript")));
}

/// A damaged file is refused as such or still reads; nothing else may happen.
void expect_error_or_value(const std::string& bytes) {
  try {
    read_bytes(bytes);
  } catch (const CheckpointError&) {
  }
}

// With step 1 it takes a minute under AddressSanitizer.
constexpr std::size_t kFlipStep = 7;

TEST(TorchFile, SurvivesFlippedBytes) {
  for (const char* fixture : {kZipFixture, kLegacyFixture, kNamespaceFixture}) {
    const std::string bytes = unpack_fixture(fixture);
    for (std::size_t at = 0; at < bytes.size(); at += kFlipStep) {
      for (const int flip : {0x01, 0xFF}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ flip);
        expect_error_or_value(damaged);
      }
    }
  }
}

TEST(TorchFile, RefusesACutFile) {
  for (const char* fixture : {kZipFixture, kLegacyFixture, kNamespaceFixture}) {
    const std::string bytes = unpack_fixture(fixture);
    for (std::size_t length = 0; length < bytes.size(); length += 13) {
      EXPECT_THROW(read_bytes(bytes.substr(0, length)), CheckpointError) << length;
    }
  }
}

}  // namespace
}  // namespace understudy
