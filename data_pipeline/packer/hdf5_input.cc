#include "data_pipeline/packer/hdf5_input.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <mutex>
#include <numeric>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/hdf5_handles.h"

namespace understudy {
namespace {

using namespace hdf5;

constexpr std::size_t kMostCache = std::size_t{256} << 20;
constexpr std::size_t kCacheSlots = 521;  // a prime number, as the library advises

/// The library has one state for the whole process. Whoever makes a call holds this lock, so that it does not matter
/// whether the library was built for several threads.
std::mutex& library() {
  static std::mutex mutex;
  return mutex;
}
using Turn = std::lock_guard<std::mutex>;

herr_t keep_name(hid_t, const char* name, const H5L_info_t* info, void* names) {
  if (info->type == H5L_TYPE_HARD) static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

InputElement element_of_type(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return H5Tget_size(type) == 1 && H5Tget_sign(type) == H5T_SGN_NONE ? InputElement::kBytes
                                                                         : InputElement::kWholeNumbers;
    case H5T_FLOAT:
      return InputElement::kFloats;
    case H5T_STRING:
      return InputElement::kTexts;
    case H5T_VLEN: {
      const H5Type base(H5Tget_super(type));
      const bool bytes = H5Tget_class(base.get()) == H5T_INTEGER && H5Tget_size(base.get()) == 1;
      return bytes ? InputElement::kByteLists : InputElement::kOther;
    }
    default:
      return InputElement::kOther;
  }
}

/// Texts as stored, without what fills a fixed length up.
std::string trimmed(std::string text) {
  text.resize(std::min(text.find('\0'), text.size()));
  text.resize(text.find_last_not_of(' ') + 1);
  return text;
}

/// Reads a table or an attribute by the given call, which fills memory of a given type.
template <typename Read>
std::vector<std::string> texts_by(const Read& read, hid_t type, hid_t space) {
  const auto count = static_cast<std::size_t>(std::max<hssize_t>(H5Sget_simple_extent_npoints(space), 0));
  std::vector<std::string> texts;
  if (H5Tget_class(type) == H5T_INTEGER) {
    std::vector<std::int64_t> numbers(count);
    if (!read(H5T_NATIVE_INT64, numbers.data())) return {};
    for (const std::int64_t number : numbers) texts.push_back(std::to_string(number));
  } else if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0) {
    std::vector<char*> pointers(count);
    if (!read(type, pointers.data())) return {};
    for (const char* pointer : pointers) texts.push_back(trimmed(pointer == nullptr ? "" : pointer));
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
  } else if (H5Tget_class(type) == H5T_STRING) {
    const std::size_t width = H5Tget_size(type);
    std::vector<char> block(count * width);
    if (!read(type, block.data())) return {};
    for (std::size_t i = 0; i < count; ++i) texts.push_back(trimmed(std::string(block.data() + i * width, width)));
  }
  return texts;
}

}  // namespace

struct Hdf5Input::State {
  std::filesystem::path path;
  H5File file;
  std::map<std::string, H5Table> open_tables;  // read by rows: with a table goes its cache of unpacked chunks

  [[noreturn]] void fail(std::string_view object, std::string_view problem) const {
    throw DataError(fmt::format("{}: {} {}", path.string(), object, problem));
  }

  bool has_hard_link(const std::string& object) const {
    if (object == "/") return true;
    for (std::size_t end = object.find('/', 1);; end = object.find('/', end + 1)) {
      const std::string part = object.substr(0, end);
      H5L_info_t info;
      if (H5Lexists(file.get(), part.c_str(), H5P_DEFAULT) <= 0) return false;
      if (H5Lget_info(file.get(), part.c_str(), &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_HARD) return false;
      if (end == std::string::npos) return true;
    }
  }

  H5I_type_t kind_of(const std::string& object) const {
    const H5Object opened(H5Oopen(file.get(), object.c_str(), H5P_DEFAULT));
    return opened.valid() ? H5Iget_type(opened.get()) : H5I_BADID;
  }

  std::vector<std::string> children(const std::string& group, H5I_type_t kind) const {
    std::vector<std::string> names;
    if (!has_hard_link(group)) return names;
    const H5Object opened(H5Oopen(file.get(), group.c_str(), H5P_DEFAULT));
    H5Literate(opened.get(), H5_INDEX_NAME, H5_ITER_INC, nullptr, keep_name, &names);
    const std::string prefix = group == "/" ? "/" : group + "/";
    std::erase_if(names, [&](const std::string& name) { return kind_of(prefix + name) != kind; });
    std::sort(names.begin(), names.end());
    return names;
  }

  void require_readable(hid_t creation, const std::string& table) const {
    if (H5Pget_layout(creation) == H5D_VIRTUAL || H5Pget_external_count(creation) != 0) {
      fail(table, "is stored in other files; write the data into this one");
    }
    for (unsigned i = 0; static_cast<int>(i) < H5Pget_nfilters(creation); ++i) {
      std::size_t values = 0;
      std::array<char, 64> name{};
      const H5Z_filter_t filter =
          H5Pget_filter2(creation, i, nullptr, &values, nullptr, name.size(), name.data(), nullptr);
      if (H5Zfilter_avail(filter) > 0) continue;
      fail(table,
           fmt::format("is compressed with filter {} \"{}\", which is no part of HDF5; repack it with gzip",
                       filter,
                       name.data()));
    }
  }

  H5Table open_table(const std::string& table, hid_t access = H5P_DEFAULT) const {
    H5Table opened(H5Dopen2(file.get(), table.c_str(), access));
    if (!opened.valid()) fail(table, fmt::format("cannot be opened: {}", last_h5_error()));
    const H5List creation(H5Dget_create_plist(opened.get()));
    require_readable(creation.get(), table);
    return opened;
  }

  const H5Table& open_for_rows(const std::string& table) {
    const auto known = open_tables.find(table);
    if (known != open_tables.end()) return known->second;
    H5Table plain = open_table(table);
    const H5List creation(H5Dget_create_plist(plain.get()));
    if (H5Pget_layout(creation.get()) == H5D_CHUNKED) {
      const H5List access(H5Pcreate(H5P_DATASET_ACCESS));
      H5Pset_chunk_cache(access.get(), kCacheSlots, cache_bytes(plain, creation.get()), 1.0);
      plain.release();
      plain = open_table(table, access.get());
    }
    return open_tables[table] = std::move(plain);
  }

  /// Room for the chunks of one row, so that a chunk of many frames is not unpacked for each of them.
  static std::size_t cache_bytes(const H5Table& table, hid_t creation) {
    std::vector<std::uint64_t> extent = extent_of(table);
    std::vector<hsize_t> chunk(extent.size());
    H5Pget_chunk(creation, static_cast<int>(chunk.size()), chunk.data());
    const H5Type type(H5Dget_type(table.get()));
    double bytes = static_cast<double>(H5Tget_size(type.get())) * static_cast<double>(chunk.front());
    for (std::size_t i = 1; i < chunk.size(); ++i) {
      bytes *= static_cast<double>((extent[i] + chunk[i] - 1) / chunk[i] * chunk[i]);
    }
    return static_cast<std::size_t>(std::clamp(bytes, 1.0 * (1 << 20), static_cast<double>(kMostCache)));
  }

  static std::vector<std::uint64_t> extent_of(const H5Table& table) {
    const H5Space space(H5Dget_space(table.get()));
    std::vector<hsize_t> extent(static_cast<std::size_t>(std::max(H5Sget_simple_extent_ndims(space.get()), 0)));
    H5Sget_simple_extent_dims(space.get(), extent.data(), nullptr);
    return {extent.begin(), extent.end()};
  }

  void read_rows(const std::string& table,
                 std::uint64_t first,
                 std::uint64_t count,
                 hid_t memory,
                 void* target,
                 std::size_t values) {
    const H5Table& opened = open_for_rows(table);
    const std::vector<std::uint64_t> extent = extent_of(opened);
    std::vector<hsize_t> start(extent.size());
    std::vector<hsize_t> size(extent.begin(), extent.end());
    if (extent.empty() || first > extent[0] || count > extent[0] - first) {
      fail(table, fmt::format("has no rows {} to {}", first, first + count));
    }
    start[0] = first;
    size[0] = count;
    const hsize_t wanted = std::accumulate(size.begin(), size.end(), hsize_t{1}, std::multiplies<>());
    if (wanted != values) fail(table, fmt::format("has {} values in {} rows, not {}", wanted, count, values));
    const H5Space file_space(H5Dget_space(opened.get()));
    const H5Space memory_space(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr));
    H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr);
    if (H5Dread(opened.get(), memory, memory_space.get(), file_space.get(), H5P_DEFAULT, target) < 0) {
      fail(table, fmt::format("cannot be read at row {}: {}", first, last_h5_error()));
    }
  }
};

Hdf5Input::Hdf5Input(const std::filesystem::path& path) : state_(std::make_unique<State>()) {
  const Turn turn(library());
  state_->path = path;
  const H5List access = access_list();
  state_->file = H5File(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()));
  if (!state_->file.valid()) state_->fail("the file", fmt::format("is no whole HDF5 file: {}", last_h5_error()));
}

Hdf5Input::~Hdf5Input() {
  const Turn turn(library());
  state_.reset();
}

const std::filesystem::path& Hdf5Input::path() const {
  return state_->path;
}

std::vector<std::string> Hdf5Input::groups(const std::string& group) const {
  const Turn turn(library());
  return state_->children(group, H5I_GROUP);
}

std::vector<std::string> Hdf5Input::tables(const std::string& group) const {
  const Turn turn(library());
  return state_->children(group, H5I_DATASET);
}

std::optional<InputTable> Hdf5Input::find(const std::string& table) const {
  const Turn turn(library());
  if (!state_->has_hard_link(table) || state_->kind_of(table) != H5I_DATASET) return std::nullopt;
  const H5Table opened = state_->open_table(table);
  const H5Type type(H5Dget_type(opened.get()));
  return InputTable{element_of_type(type.get()), State::extent_of(opened)};
}

void Hdf5Input::read_bytes(const std::string& table,
                           std::uint64_t first,
                           std::uint64_t count,
                           std::span<std::uint8_t> target) const {
  const Turn turn(library());
  state_->read_rows(table, first, count, H5T_NATIVE_UINT8, target.data(), target.size());
}

void Hdf5Input::read_floats(const std::string& table,
                            std::uint64_t first,
                            std::uint64_t count,
                            std::span<float> target) const {
  const Turn turn(library());
  state_->read_rows(table, first, count, H5T_NATIVE_FLOAT, target.data(), target.size());
}

std::vector<std::byte> Hdf5Input::read_byte_list(const std::string& table, std::uint64_t row) const {
  const Turn turn(library());
  const H5Type list(H5Tvlen_create(H5T_NATIVE_UINT8));
  hvl_t value{};
  state_->read_rows(table, row, 1, list.get(), &value, 1);
  const auto* bytes = static_cast<const std::byte*>(value.p);
  std::vector<std::byte> result(bytes, bytes + value.len);
  const hsize_t one = 1;
  const H5Space space(H5Screate_simple(1, &one, nullptr));
  H5Dvlen_reclaim(list.get(), space.get(), H5P_DEFAULT, &value);
  return result;
}

std::vector<std::uint64_t> Hdf5Input::read_numbers(const std::string& table) const {
  const Turn turn(library());
  const H5Table opened = state_->open_table(table);
  const H5Type type(H5Dget_type(opened.get()));
  const H5Space space(H5Dget_space(opened.get()));
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space.get())));
  if (H5Tget_class(type.get()) != H5T_INTEGER ||
      H5Dread(opened.get(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data()) < 0 ||
      std::any_of(numbers.begin(), numbers.end(), [](std::int64_t number) { return number < 0; })) {
    state_->fail(table, "does not hold whole numbers from 0 on");
  }
  return {numbers.begin(), numbers.end()};
}

std::vector<std::string> Hdf5Input::read_texts(const std::string& table) const {
  const Turn turn(library());
  const H5Table opened = state_->open_table(table);
  const H5Type type(H5Dget_type(opened.get()));
  const H5Space space(H5Dget_space(opened.get()));
  const auto read = [&](hid_t memory, void* target) {
    return H5Dread(opened.get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, target) >= 0;
  };
  std::vector<std::string> texts = texts_by(read, type.get(), space.get());
  if (texts.empty()) state_->fail(table, "does not hold texts or whole numbers");
  return texts;
}

std::optional<std::string> Hdf5Input::attribute(const std::string& object, const std::string& name) const {
  const Turn turn(library());
  if (!state_->has_hard_link(object)) return std::nullopt;
  if (H5Aexists_by_name(state_->file.get(), object.c_str(), name.c_str(), H5P_DEFAULT) <= 0) return std::nullopt;
  const H5Attribute opened(H5Aopen_by_name(state_->file.get(), object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT));
  const H5Type type(H5Aget_type(opened.get()));
  const H5Space space(H5Aget_space(opened.get()));
  const auto read = [&](hid_t memory, void* target) { return H5Aread(opened.get(), memory, target) >= 0; };
  const std::vector<std::string> texts = texts_by(read, type.get(), space.get());
  return texts.size() == 1 ? std::optional(texts.front()) : std::nullopt;
}

}  // namespace understudy
