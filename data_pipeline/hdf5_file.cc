#include "data_pipeline/hdf5_file.h"

#include <bit>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "data_pipeline/hdf5_handles.h"

namespace understudy {
namespace {

using namespace hdf5;

static_assert(std::endian::native == std::endian::little, "tables are stored and used in the machine's own byte order");

constexpr hsize_t kAlignAbove = hsize_t{64} << 10;
constexpr hsize_t kAlignment = hsize_t{1} << 20;  // one stripe of a parallel file system
constexpr std::size_t kCopyBlock = std::size_t{8} << 20;

hid_t stored_type(Element element) {
  switch (element) {
    case Element::kU8:
      return H5T_STD_U8LE;
    case Element::kU16:
      return H5T_STD_U16LE;
    case Element::kU32:
      return H5T_STD_U32LE;
    case Element::kU64:
      return H5T_STD_U64LE;
    case Element::kI32:
      return H5T_STD_I32LE;
    default:
      return H5T_IEEE_F32LE;
  }
}

std::string_view element_name(Element element) {
  constexpr std::array<std::string_view, 7> kNames{"u8", "u16", "u32", "u64", "i32", "f32", "fixed-length text"};
  return kNames.at(static_cast<std::size_t>(element));
}

H5Type text_type(std::size_t width) {
  H5Type type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.get(), width);
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  H5Tset_cset(type.get(), H5T_CSET_ASCII);
  return type;
}

}  // namespace

struct Hdf5Reader::State {
  std::filesystem::path path;
  std::uint64_t file_bytes = 0;
  H5File file;

  [[noreturn]] void fail(std::string_view object, std::string_view problem) const {
    throw DataError(fmt::format("{}: {} {}", path.string(), object, problem));
  }

  H5Attribute open_attribute(const std::string& name, const std::string& object = "/") const {
    if (object != "/" && !has_hard_link(object)) fail(object, "is missing; restore the file or pack the set again");
    H5Attribute attribute(H5Aopen_by_name(file.get(), object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT));
    if (!attribute.valid())
      fail(fmt::format("attribute \"{}\"", name), "is missing: this is no shard or index of a data set");
    return attribute;
  }

  template <typename T>
  std::vector<T> numbers(const std::string& name,
                         hid_t memory_type,
                         H5T_class_t kind,
                         hssize_t count,
                         const std::string& object = "/") const {
    const H5Attribute attribute = open_attribute(name, object);
    const H5Space space(H5Aget_space(attribute.get()));
    const H5Type type(H5Aget_type(attribute.get()));
    std::vector<T> values(static_cast<std::size_t>(count));
    if (H5Tget_class(type.get()) != kind || H5Sget_simple_extent_npoints(space.get()) != count ||
        H5Aread(attribute.get(), memory_type, values.data()) < 0) {
      fail(fmt::format("attribute \"{}\"", name),
           fmt::format("does not hold {} number(s) of the expected kind", count));
    }
    return values;
  }

  /// Every part of the path must be stored in this file itself, under a hard link.
  bool has_hard_link(const std::string& table) const {
    for (std::size_t end = table.find('/', 1);; end = table.find('/', end + 1)) {
      const std::string part = table.substr(0, end);
      const htri_t exists = H5Lexists(file.get(), part.c_str(), H5P_DEFAULT);
      if (exists <= 0) return false;
      H5L_info_t info;
      if (H5Lget_info(file.get(), part.c_str(), &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_HARD) {
        fail(part, "is a link to elsewhere; shards hold their own data only, so pack the set again");
      }
      if (end == std::string::npos) return true;
    }
  }

  H5Table open_table(const std::string& table) const {
    if (!has_hard_link(table)) fail(table, "is missing; restore the file or pack the set again");
    H5Table dataset(H5Dopen2(file.get(), table.c_str(), H5P_DEFAULT));
    if (!dataset.valid()) fail(table, fmt::format("cannot be opened: {}", last_h5_error()));
    return dataset;
  }

  void require_contiguous(const H5Table& dataset, const std::string& table) const {
    const H5List list(H5Dget_create_plist(dataset.get()));
    if (H5Pget_layout(list.get()) != H5D_CONTIGUOUS) {
      fail(table, "is not stored contiguously (chunked, compact or virtual); pack the set again");
    }
    if (H5Pget_external_count(list.get()) != 0) fail(table, "is stored in another file; pack the set again");
  }

  void require_type(const H5Table& dataset, const std::string& table, Element element) const {
    const H5Type type(H5Dget_type(dataset.get()));
    const bool right = element == Element::kText
                           ? H5Tget_class(type.get()) == H5T_STRING && H5Tis_variable_str(type.get()) == 0
                           : H5Tequal(type.get(), stored_type(element)) > 0;
    if (!right) fail(table, fmt::format("is not of type {}, little-endian; pack the set again", element_name(element)));
  }

  TablePlace place_of(const H5Table& dataset, const std::string& table) const {
    TablePlace place;
    place.element_bytes = H5Tget_size(H5Type(H5Dget_type(dataset.get())).get());
    const H5Space space(H5Dget_space(dataset.get()));
    std::vector<hsize_t> extent(static_cast<std::size_t>(std::max(H5Sget_simple_extent_ndims(space.get()), 0)));
    H5Sget_simple_extent_dims(space.get(), extent.data(), nullptr);
    place.extent.assign(extent.begin(), extent.end());
    place.bytes = place.element_bytes;
    for (const hsize_t side : extent) {
      if (side != 0 && place.bytes > file_bytes / side) {
        fail(table,
             "is larger than its file: the file was cut short; restore it from its source or pack the set again");
      }
      place.bytes *= side;
    }
    if (place.bytes > 0) place.offset = offset_of(dataset, table, place.bytes);
    return place;
  }

  std::uint64_t offset_of(const H5Table& dataset, const std::string& table, std::uint64_t bytes) const {
    const haddr_t offset = H5Dget_offset(dataset.get());
    if (offset != HADDR_UNDEF && offset <= file_bytes && bytes <= file_bytes - offset) return offset;
    fail(
        table,
        fmt::format(
            "ends beyond the file's {} bytes: the file was cut short; restore it from its source or pack the set again",
            file_bytes));
  }
};

Hdf5Reader::Hdf5Reader(std::filesystem::path path) : state_(std::make_unique<State>()) {
  state_->path = std::move(path);
  std::error_code error;
  state_->file_bytes = std::filesystem::file_size(state_->path, error);
  if (error) state_->fail("the file", fmt::format("cannot be read: {}", error.message()));
  const H5List access = access_list();
  state_->file = H5File(H5Fopen(state_->path.c_str(), H5F_ACC_RDONLY, access.get()));
  if (!state_->file.valid()) {
    state_->fail(
        "the file",
        fmt::format("is no whole HDF5 file: {}; restore it from its source or pack the set again", last_h5_error()));
  }
}
Hdf5Reader::~Hdf5Reader() = default;
Hdf5Reader::Hdf5Reader(Hdf5Reader&&) noexcept = default;

std::string Hdf5Reader::text_attribute(const std::string& name, const std::string& object) const {
  const H5Attribute attribute = state_->open_attribute(name, object);
  const H5Type type(H5Aget_type(attribute.get()));
  const H5Space space(H5Aget_space(attribute.get()));
  const bool right = H5Tget_class(type.get()) == H5T_STRING && H5Tis_variable_str(type.get()) == 0 &&
                     H5Sget_simple_extent_npoints(space.get()) == 1;
  std::string value(right ? H5Tget_size(type.get()) : 0, '\0');
  if (!right || H5Aread(attribute.get(), type.get(), value.data()) < 0) {
    state_->fail(fmt::format("attribute \"{}\"", name), "is no fixed-length text");
  }
  value.resize(std::min(value.find('\0'), value.size()));
  return value;
}

std::uint64_t Hdf5Reader::number_attribute(const std::string& name, const std::string& object) const {
  return state_->numbers<std::uint64_t>(name, H5T_NATIVE_UINT64, H5T_INTEGER, 1, object)[0];
}

float Hdf5Reader::float_attribute(const std::string& name) const {
  return state_->numbers<float>(name, H5T_NATIVE_FLOAT, H5T_FLOAT, 1)[0];
}

std::array<std::uint16_t, 2> Hdf5Reader::version_attribute(const std::string& name) const {
  const auto values = state_->numbers<std::uint16_t>(name, H5T_NATIVE_UINT16, H5T_INTEGER, 2);
  return {values[0], values[1]};
}

bool Hdf5Reader::has(const std::string& table) const {
  return state_->has_hard_link(table);
}

TablePlace Hdf5Reader::locate(const std::string& table, Element element, std::size_t dimensions) const {
  const H5Table dataset = state_->open_table(table);
  state_->require_contiguous(dataset, table);
  state_->require_type(dataset, table, element);
  TablePlace place = state_->place_of(dataset, table);
  if (place.extent.size() == dimensions) return place;
  state_->fail(table,
               fmt::format("has {} dimensions instead of {}; pack the set again", place.extent.size(), dimensions));
}

TablePlace Hdf5Reader::locate(const std::string& table) const {
  const H5Table dataset = state_->open_table(table);
  state_->require_contiguous(dataset, table);
  return state_->place_of(dataset, table);
}

struct Hdf5Writer::State {
  std::filesystem::path path;
  H5File file;

  void check(bool good, std::string_view action) {
    if (good) return;
    file.abandon();
    throw FileError(
        fmt::format("{}: cannot {}: {}; free space or choose another folder", path.string(), action, last_h5_error()));
  }

  void attribute(hid_t object, const std::string& name, hid_t stored, hid_t memory, const void* value, hsize_t count) {
    const H5Space space(count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &count, nullptr));
    const H5Attribute made(H5Acreate2(object, name.c_str(), stored, space.get(), H5P_DEFAULT, H5P_DEFAULT));
    check(made.valid() && H5Awrite(made.get(), memory, value) >= 0, fmt::format("write attribute {}", name));
  }

  void text(hid_t object, const std::string& name, const std::string& value) {
    const std::string padded = value.empty() ? std::string(1, '\0') : value;
    const H5Type type = text_type(padded.size());
    attribute(object, name, type.get(), type.get(), padded.data(), 1);
  }

  void make_groups(const std::string& path_of_table) {
    for (std::size_t end = path_of_table.find('/', 1); end != std::string::npos;
         end = path_of_table.find('/', end + 1)) {
      const std::string group = path_of_table.substr(0, end);
      if (H5Lexists(file.get(), group.c_str(), H5P_DEFAULT) > 0) continue;
      const H5List list(H5Pcreate(H5P_GROUP_CREATE));
      H5Pset_obj_track_times(list.get(), false);
      const H5Object made(H5Gcreate2(file.get(), group.c_str(), H5P_DEFAULT, list.get(), H5P_DEFAULT));
      check(made.valid(), fmt::format("make group {}", group));
    }
  }

  H5Table make_table(const std::string& name, hid_t type, std::vector<std::uint64_t> extent) {
    make_groups(name);
    const std::vector<hsize_t> sides(extent.begin(), extent.end());
    const H5Space space(H5Screate_simple(static_cast<int>(sides.size()), sides.data(), nullptr));
    const H5List list(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_layout(list.get(), H5D_CONTIGUOUS);
    H5Pset_alloc_time(list.get(), H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(list.get(), H5D_FILL_TIME_NEVER);
    H5Pset_obj_track_times(list.get(), false);
    H5Table made(H5Dcreate2(file.get(), name.c_str(), type, space.get(), H5P_DEFAULT, list.get(), H5P_DEFAULT));
    check(made.valid(), fmt::format("make table {}", name));
    return made;
  }
};

Hdf5Writer::Hdf5Writer(std::filesystem::path path) : state_(std::make_unique<State>()) {
  state_->path = std::move(path);
  const H5List access = access_list();
  H5Pset_alignment(access.get(), kAlignAbove, kAlignment);
  const H5List creation(H5Pcreate(H5P_FILE_CREATE));
  H5Pset_obj_track_times(creation.get(), false);
  state_->file = H5File(H5Fcreate(state_->path.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()));
  state_->check(state_->file.valid(), "create the file");
}
Hdf5Writer::~Hdf5Writer() = default;
Hdf5Writer::Hdf5Writer(Hdf5Writer&&) noexcept = default;

void Hdf5Writer::text_attribute(const std::string& name, const std::string& value) {
  state_->text(state_->file.get(), name, value);
}
void Hdf5Writer::u16_attribute(const std::string& name, std::span<const std::uint16_t> values) {
  state_->attribute(state_->file.get(), name, H5T_STD_U16LE, H5T_NATIVE_UINT16, values.data(), values.size());
}
void Hdf5Writer::u32_attribute(const std::string& name, std::uint32_t value) {
  state_->attribute(state_->file.get(), name, H5T_STD_U32LE, H5T_NATIVE_UINT32, &value, 1);
}
void Hdf5Writer::u64_attribute(const std::string& name, std::uint64_t value) {
  state_->attribute(state_->file.get(), name, H5T_STD_U64LE, H5T_NATIVE_UINT64, &value, 1);
}
void Hdf5Writer::float_attribute(const std::string& name, float value) {
  state_->attribute(state_->file.get(), name, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, &value, 1);
}

void Hdf5Writer::raw_table(const std::string& path,
                           Element element,
                           std::size_t element_bytes,
                           std::span<const std::byte> bytes,
                           std::vector<std::uint64_t> extent) {
  const H5Type text = element == Element::kText ? text_type(element_bytes) : H5Type();
  const hid_t type = element == Element::kText ? text.get() : stored_type(element);
  const H5Table table = state_->make_table(path, type, std::move(extent));
  if (bytes.empty()) return;
  state_->check(H5Dwrite(table.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) >= 0,
                fmt::format("write {}", path));
}

void Hdf5Writer::text_table(const std::string& path, std::span<const std::byte> bytes, std::size_t width) {
  raw_table(path, Element::kText, width, bytes, {bytes.size() / width});
}

void Hdf5Writer::table_from_file(const std::string& path, const std::filesystem::path& contents, std::uint64_t bytes) {
  const H5Table table = state_->make_table(path, H5T_STD_U8LE, {bytes});
  const H5Space target(H5Dget_space(table.get()));
  std::ifstream in(contents, std::ios::binary);
  std::vector<char> block(kCopyBlock);
  for (hsize_t done = 0; done < bytes;) {
    const hsize_t size = std::min<hsize_t>(block.size(), bytes - done);
    if (!in.read(block.data(), static_cast<std::streamsize>(size))) {
      throw FileError(fmt::format("{}: cannot read back {} bytes at {}", contents.string(), size, done));
    }
    const H5Space source(H5Screate_simple(1, &size, nullptr));
    H5Sselect_hyperslab(target.get(), H5S_SELECT_SET, &done, nullptr, &size, nullptr);
    state_->check(H5Dwrite(table.get(), H5T_STD_U8LE, source.get(), target.get(), H5P_DEFAULT, block.data()) >= 0,
                  fmt::format("write {}", path));
    done += size;
  }
}

void Hdf5Writer::table_text_attribute(const std::string& path, const std::string& name, const std::string& value) {
  const H5Table table(H5Dopen2(state_->file.get(), path.c_str(), H5P_DEFAULT));
  state_->text(table.get(), name, value);
}

void Hdf5Writer::table_u32_attribute(const std::string& path, const std::string& name, std::uint32_t value) {
  const H5Table table(H5Dopen2(state_->file.get(), path.c_str(), H5P_DEFAULT));
  state_->attribute(table.get(), name, H5T_STD_U32LE, H5T_NATIVE_UINT32, &value, 1);
}

void Hdf5Writer::close() {
  state_->check(H5Fflush(state_->file.get(), H5F_SCOPE_GLOBAL) >= 0, "flush");
  state_->check(state_->file.release() >= 0, "close");
  sync_file(state_->path);
}

}  // namespace understudy
