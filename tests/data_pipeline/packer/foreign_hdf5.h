#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data_pipeline/hdf5_handles.h"

namespace understudy {

/// Writes HDF5 files as other people make them: any type, chunked and compressed where asked for.
class ForeignHdf5 {
 public:
  explicit ForeignHdf5(const std::filesystem::path& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, hdf5::access_list().get())),
        links_(H5Pcreate(H5P_LINK_CREATE)) {
    H5Pset_create_intermediate_group(links_.get(), 1);
  }

  /// @param chunk_rows  0: stored in one piece; else rows of a chunk, shuffled, deflated and summed
  template <typename T>
  void table(const std::string& name,
             hid_t stored,
             hid_t memory,
             const std::vector<hsize_t>& extent,
             const std::vector<T>& values,
             hsize_t chunk_rows = 0) {
    const hdf5::H5Space space(extent.empty()
                                  ? H5Screate(H5S_SCALAR)
                                  : H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr));
    const hdf5::H5List creation(H5Pcreate(H5P_DATASET_CREATE));
    if (chunk_rows > 0) {
      std::vector<hsize_t> chunk = extent;
      chunk[0] = chunk_rows;
      H5Pset_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data());
      H5Pset_shuffle(creation.get());
      H5Pset_deflate(creation.get(), 4);
      H5Pset_fletcher32(creation.get());
    }
    const hdf5::H5Table made(
        H5Dcreate2(file_.get(), name.c_str(), stored, space.get(), links_.get(), creation.get(), H5P_DEFAULT));
    H5Dwrite(made.get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  }

  void byte_lists(const std::string& name, const std::vector<std::vector<std::byte>>& lists) {
    const hdf5::H5Type type(H5Tvlen_create(H5T_STD_U8LE));
    std::vector<hvl_t> values;
    for (const auto& list : lists) values.push_back({list.size(), const_cast<std::byte*>(list.data())});
    table(name, type.get(), type.get(), {lists.size()}, values);
  }

  void texts(const std::string& name, const std::vector<const char*>& texts) {
    const hdf5::H5Type type(H5Tcopy(H5T_C_S1));
    H5Tset_size(type.get(), H5T_VARIABLE);
    table(name, type.get(), type.get(), {texts.size()}, texts);
  }

  void text_attribute(const std::string& object, const std::string& name, const std::string& value) {
    const hdf5::H5Type type(H5Tcopy(H5T_C_S1));
    H5Tset_size(type.get(), value.size());
    const hdf5::H5Space space(H5Screate(H5S_SCALAR));
    const hdf5::H5Attribute made(H5Acreate_by_name(
        file_.get(), object.c_str(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Awrite(made.get(), type.get(), value.data());
  }

  void soft_link(const std::string& name, const std::string& target) {
    H5Lcreate_soft(target.c_str(), file_.get(), name.c_str(), links_.get(), H5P_DEFAULT);
  }

 private:
  hdf5::H5File file_;
  hdf5::H5List links_;
};

}  // namespace understudy
