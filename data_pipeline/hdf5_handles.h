#pragma once

// Handles of the HDF5 library, shared by the sources that read and write its files. No other header includes this one,
// so that HDF5's names stay inside those sources.

#include <string>
#include <utility>

#include <hdf5.h>

namespace understudy::hdf5 {

/// The innermost entry of HDF5's error stack: the layer that knows the reason.
inline herr_t keep_innermost(unsigned, const H5E_error2_t* entry, void* text) {
  if (entry->desc != nullptr && *entry->desc != '\0') *static_cast<std::string*>(text) = entry->desc;
  return 0;
}

inline std::string last_h5_error() {
  std::string text = "unknown reason";
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_innermost, &text);
  H5Eclear2(H5E_DEFAULT);
  return text;
}

/// Owns one HDF5 identifier; `Close` is the C call that releases that kind of identifier.
template <auto Close>
class H5Id {
 public:
  H5Id() = default;
  explicit H5Id(hid_t id) : id_(id) {}
  H5Id(H5Id&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  H5Id& operator=(H5Id&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~H5Id() { release(); }
  hid_t get() const noexcept { return id_; }
  bool valid() const noexcept { return id_ >= 0; }
  herr_t release() noexcept { return id_ >= 0 ? Close(std::exchange(id_, H5I_INVALID_HID)) : 0; }

 private:
  hid_t id_ = H5I_INVALID_HID;
};
using H5File = H5Id<&H5Fclose>;
using H5Table = H5Id<&H5Dclose>;
using H5Space = H5Id<&H5Sclose>;
using H5Type = H5Id<&H5Tclose>;
using H5List = H5Id<&H5Pclose>;
using H5Attribute = H5Id<&H5Aclose>;
using H5Object = H5Id<&H5Oclose>;

/// Files are made and opened without printing errors, loading plug-ins or taking locks (network file systems lack
/// them).
inline H5List access_list() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);
  H5List list(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_file_locking(list.get(), false, true);
  H5Pset_libver_bounds(list.get(), H5F_LIBVER_EARLIEST, H5F_LIBVER_V110);
  return list;
}

}  // namespace understudy::hdf5
