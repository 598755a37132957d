#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace understudy {

/// What one element of a table is; all little-endian.
enum class Element : std::uint8_t { kU8, kU16, kU32, kU64, kI32, kF32, kText };

template <typename T>
constexpr Element element_of();
template <>
constexpr Element element_of<std::uint8_t>() {
  return Element::kU8;
}
template <>
constexpr Element element_of<std::byte>() {
  return Element::kU8;
}
template <>
constexpr Element element_of<std::uint16_t>() {
  return Element::kU16;
}
template <>
constexpr Element element_of<std::uint32_t>() {
  return Element::kU32;
}
template <>
constexpr Element element_of<std::uint64_t>() {
  return Element::kU64;
}
template <>
constexpr Element element_of<std::int32_t>() {
  return Element::kI32;
}
template <>
constexpr Element element_of<float>() {
  return Element::kF32;
}

/// Where a contiguous table lies in its file, so that it can be read without HDF5.
struct TablePlace {
  std::uint64_t offset = 0;  ///< from the file's start; 0 for an empty table
  std::uint64_t bytes = 0;
  std::size_t element_bytes = 0;      ///< the width, for text
  std::vector<std::uint64_t> extent;  ///< one entry a dimension
};

/// Reads structure only: attributes, and where tables lie. No plug-in is loaded, no lock taken, no link to another file
/// followed. Every failed check is a DataError that names the file, the object and the remedy.
class Hdf5Reader {
 public:
  explicit Hdf5Reader(std::filesystem::path path);
  ~Hdf5Reader();
  Hdf5Reader(Hdf5Reader&&) noexcept;

  /// @param object  whose attribute: the file's own, or a table's
  std::string text_attribute(const std::string& name, const std::string& object = "/") const;
  std::uint64_t number_attribute(const std::string& name, const std::string& object = "/") const;
  float float_attribute(const std::string& name) const;
  /// Format version, [major, minor].
  std::array<std::uint16_t, 2> version_attribute(const std::string& name) const;
  bool has(const std::string& table) const;
  /// Requires the element type, the number of dimensions, contiguous storage in this very file, and that all of it lies
  /// within the file.
  TablePlace locate(const std::string& table, Element element, std::size_t dimensions) const;
  /// Of whatever element type and number of dimensions.
  TablePlace locate(const std::string& table) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes a new file whose bytes follow from the calls alone: contiguous storage, no time stamps. Groups of a table's
/// path are made as needed. @throws FileError
class Hdf5Writer {
 public:
  explicit Hdf5Writer(std::filesystem::path path);
  ~Hdf5Writer();
  Hdf5Writer(Hdf5Writer&&) noexcept;

  void text_attribute(const std::string& name, const std::string& value);
  void u16_attribute(const std::string& name, std::span<const std::uint16_t> values);
  void u32_attribute(const std::string& name, std::uint32_t value);
  void u64_attribute(const std::string& name, std::uint64_t value);
  void float_attribute(const std::string& name, float value);

  template <typename T>
  void table(const std::string& path, std::span<const T> values, std::initializer_list<std::uint64_t> extent) {
    raw_table(path, element_of<T>(), sizeof(T), std::as_bytes(values), extent);
  }
  void byte_table(const std::string& path,
                  Element element,
                  std::span<const std::byte> values,
                  std::vector<std::uint64_t> extent) {
    raw_table(path, element, 0, values, std::move(extent));
  }
  /// @param bytes  rows of `width` bytes, padded with zeros
  void text_table(const std::string& path, std::span<const std::byte> bytes, std::size_t width);
  /// A byte table that is filled from a file, block by block.
  void table_from_file(const std::string& path, const std::filesystem::path& contents, std::uint64_t bytes);
  /// An attribute of a table that exists.
  void table_text_attribute(const std::string& path, const std::string& name, const std::string& value);
  void table_u32_attribute(const std::string& path, const std::string& name, std::uint32_t value);
  /// Flushes, closes and syncs; failures are reported here. Without it the file is not whole.
  void close();

 private:
  void raw_table(const std::string& path,
                 Element element,
                 std::size_t element_bytes,
                 std::span<const std::byte> bytes,
                 std::vector<std::uint64_t> extent);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace understudy
