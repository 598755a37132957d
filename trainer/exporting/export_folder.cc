#include "trainer/exporting/export_folder.h"

#include <cstring>
#include <map>
#include <sstream>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <unistd.h>

#include "checkpoints/torch_file.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/hash.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) return false;
  const at::Tensor left = a.detach().cpu().contiguous();
  const at::Tensor right = b.detach().cpu().contiguous();
  return std::memcmp(left.data_ptr(), right.data_ptr(), left.nbytes()) == 0;
}

[[noreturn]] void fail(std::string_view place, std::string_view difference) {
  throw CheckpointError(fmt::format(
      "{}: reading it back gives {}; the export was given up, try again and check the disk", place, difference));
}

struct SameValue {
  const PickleValue& found;
  const std::string& place;

  void operator()(const at::Tensor& wanted) const {
    if (!same_bits(wanted, found.to_tensor(place))) fail(place, "another tensor");
  }
  void operator()(const PickleValue::List& wanted) const { items(wanted); }
  void operator()(const PickleTuple& wanted) const { items(wanted.items); }
  void operator()(const PickleDict& wanted) const {
    const PickleDict& dict = found.to_dict(place);
    if (dict.items.size() != wanted.items.size() || dict.kind != wanted.kind) {
      fail(place, "another dict");
    }
    for (std::size_t i = 0; i < wanted.items.size(); ++i) {
      const auto& [key, value] = wanted.items[i];
      const auto* text = std::get_if<std::string>(&key.variant());
      const std::string below = fmt::format("{}.{}", place, text != nullptr ? *text : std::to_string(i));
      require_same_value(key, dict.items[i].first, below);
      require_same_value(value, dict.items[i].second, below);
    }
  }
  template <class Plain>
  void operator()(const Plain& wanted) const {
    if (std::get<Plain>(found.variant()) != wanted) fail(place, "another value");
  }

 private:
  void items(const std::vector<PickleValue>& wanted) const {
    const std::vector<PickleValue>& list = found.to_items(place);
    if (list.size() != wanted.size()) fail(place, "another number of items");
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      require_same_value(wanted[i], list[i], fmt::format("{}[{}]", place, i));
    }
  }
};

}  // namespace

void require_same_tensors(const NamedTensors& wanted, const NamedTensors& found, std::string_view file) {
  const std::map<std::string, at::Tensor> by_name(found.begin(), found.end());
  if (found.size() != wanted.size()) {
    fail(file, fmt::format("{} tensors instead of {}", found.size(), wanted.size()));
  }
  for (const auto& [name, tensor] : wanted) {
    const auto other = by_name.find(name);
    if (other == by_name.end()) fail(file, fmt::format("no tensor {}", name));
    if (!same_bits(tensor, other->second)) fail(file, fmt::format("another tensor {}", name));
  }
}

void require_same_value(const PickleValue& wanted, const PickleValue& found, const std::string& place) {
  if (wanted.variant().index() != found.variant().index()) fail(place, found.type_name());
  std::visit(SameValue{found, place}, wanted.variant());
}

ExportFolder::ExportFolder(fs::path out, std::function<bool()> stop_requested, const FileSystem& disk)
    : out_(out.has_filename() ? std::move(out) : out.parent_path()),
      stop_requested_(std::move(stop_requested)),
      disk_(disk),
      folder_(fmt::format("{}.partial-{}", out_.string(), ::getpid())) {
  if (fs::exists(fs::symlink_status(out_))) {
    throw ConfigError(
        fmt::format("--out {}: exists already; name a folder that does not, or remove it", out_.string()));
  }
  remove_tree(disk_, folder_);
  try {
    make_folders(disk_, folder_);
  } catch (const FileError&) {
    remove_folder();
    throw;
  }
}

ExportFolder::~ExportFolder() {
  remove_folder();
}

void ExportFolder::remove_folder() const {
  try {
    remove_tree(disk_, folder_);
  } catch (const FileError&) {
    // The folder's name says what it is.
  }
}

void ExportFolder::write_safetensors(const std::string& name,
                                     const NamedTensors& tensors,
                                     std::string what,
                                     const Metadata& metadata) {
  leave_if_asked();
  understudy::write_safetensors(path_of(name), tensors, metadata, disk_);
  leave_if_asked();
  require_same_tensors(tensors, SafetensorsFile::open(path_of(name)).all(), name);
  add_file(name, std::move(what));
}

void ExportFolder::write_torch(const std::string& name, const PickleValue& value, std::string what) {
  leave_if_asked();
  write_torch_file(path_of(name), value, disk_);
  leave_if_asked();
  require_same_value(value, read_torch_file(path_of(name)), name);
  add_file(name, std::move(what));
}

void ExportFolder::write_text(const std::string& name, std::string_view text, std::string what) {
  leave_if_asked();
  write_file_atomically(path_of(name), text, disk_);
  if (read_file(path_of(name)) != text) fail(name, "another text");
  add_file(name, std::move(what));
}

void ExportFolder::write_stream(const std::string& name, const std::function<void(std::ostream&)>& write) const {
  leave_if_asked();
  std::ostringstream stream;
  write(stream);
  write_file_atomically(path_of(name), stream.str(), disk_);
}

void ExportFolder::add_file(const std::string& name, std::string what) {
  leave_if_asked();
  sync_file(path_of(name));
  files_.push_back({name, std::move(what), fs::file_size(path_of(name)), sha256_of_file(path_of(name))});
}

void ExportFolder::leave_if_asked() const {
  if (stop_requested_ && stop_requested_()) throw ExportStopped();
}

void ExportFolder::publish() {
  leave_if_asked();
  publish_folder(folder_, out_, disk_);
}

}  // namespace understudy
