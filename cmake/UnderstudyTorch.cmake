# Imported targets for LibTorch: of the pinned wheel, or of a site's own. find_package(Torch) is not used: on a machine
# without a CUDA toolkit it stops, because the wheel was built with CUDA. One mode serves CPU and GPU builds.
#
# UNDERSTUDY_TORCH is the torch folder of a wheel (.../site-packages/torch) or the libtorch folder of an unpacked zip; both
# have include/ and lib/. The variable of that name in the environment counts at the first configure of a build folder.
get_filename_component(_wanted "$ENV{UNDERSTUDY_TORCH}" ABSOLUTE)
if("$ENV{UNDERSTUDY_TORCH}" STREQUAL "")
  set(_wanted "")
endif()
if(NOT UNDERSTUDY_TORCH)
  set(UNDERSTUDY_TORCH "${_wanted}")
endif()
if(NOT UNDERSTUDY_TORCH)
  file(GLOB UNDERSTUDY_TORCH "${PROJECT_SOURCE_DIR}/.venv/lib/python3.*/site-packages/torch")
endif()
if(NOT EXISTS "${UNDERSTUDY_TORCH}/lib/libtorch_cpu.so" OR NOT EXISTS "${UNDERSTUDY_TORCH}/include/torch")
  message(FATAL_ERROR "No LibTorch in '${UNDERSTUDY_TORCH}'. Run tools/setup for the pinned one, or set UNDERSTUDY_TORCH to "
                      "the torch folder of a site-packages folder or to the libtorch folder of an unpacked libtorch zip: "
                      "it has include/torch and lib/libtorch_cpu.so (docs/sites.md).")
endif()
get_filename_component(UNDERSTUDY_TORCH "${UNDERSTUDY_TORCH}" ABSOLUTE)
set(UNDERSTUDY_TORCH "${UNDERSTUDY_TORCH}" CACHE PATH "torch folder of a wheel, or libtorch folder of an unpacked zip" FORCE)
if(_wanted AND NOT _wanted STREQUAL UNDERSTUDY_TORCH)
  message(WARNING "UNDERSTUDY_TORCH is ${_wanted} in the environment, but this build folder keeps ${UNDERSTUDY_TORCH}; "
                  "change it with -DUNDERSTUDY_TORCH=${_wanted}.")
endif()
get_filename_component(UNDERSTUDY_SITE "${UNDERSTUDY_TORCH}" DIRECTORY)

# The version: in torch/headeronly since 2.10, in the C++ frontend before.
foreach(_header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
  if(NOT UNDERSTUDY_TORCH_VERSION AND EXISTS "${UNDERSTUDY_TORCH}/include/${_header}")
    file(STRINGS "${UNDERSTUDY_TORCH}/include/${_header}" _parts REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
    string(REGEX MATCHALL "[0-9]+" _parts "${_parts}")
    list(JOIN _parts "." UNDERSTUDY_TORCH_VERSION)
  endif()
endforeach()
set(_known 2.9 2.11)
set(_known_words "2.9 and 2.11 are known to build")
if(NOT UNDERSTUDY_TORCH_VERSION)
  message(FATAL_ERROR "${UNDERSTUDY_TORCH}/include has no torch/version.h that names a version; ${_known_words}.")
endif()
string(REGEX MATCH "^[0-9]+\\.[0-9]+" _minor "${UNDERSTUDY_TORCH_VERSION}")
message(STATUS "LibTorch ${UNDERSTUDY_TORCH_VERSION} in ${UNDERSTUDY_TORCH}")
if(NOT _minor IN_LIST _known)
  message(WARNING "LibTorch ${UNDERSTUDY_TORCH_VERSION} was never run; ${_known_words} (docs/sites.md).")
endif()

# Wheels of PyPI before 2.7 have the strings of GCC 4, which no library of today's distributions can be linked with.
set(_torch_config "${UNDERSTUDY_TORCH}/share/cmake/Torch/TorchConfig.cmake")
if(EXISTS "${_torch_config}")
  file(STRINGS "${_torch_config}" _old_abi REGEX "_GLIBCXX_USE_CXX11_ABI=0")
  if(_old_abi)
    message(FATAL_ERROR "LibTorch ${UNDERSTUDY_TORCH_VERSION} in ${UNDERSTUDY_TORCH} was built with the old ABI of libstdc++ "
                        "(_GLIBCXX_USE_CXX11_ABI=0), the system's libraries with the new one. Take a wheel of 2.7 or newer, "
                        "or the libtorch zip named cxx11-abi.")
  endif()
endif()

# The wheel's include folder also holds fmt, protobuf and pybind11, which would hide the system's: link only what is torch's.
set(_torch_include "${PROJECT_BINARY_DIR}/torch_include")
file(MAKE_DIRECTORY "${_torch_include}")
foreach(_folder ATen c10 caffe2 torch)
  file(CREATE_LINK "${UNDERSTUDY_TORCH}/include/${_folder}" "${_torch_include}/${_folder}" SYMBOLIC)
endforeach()

function(understudy_import_from_wheel name)
  add_library(wheel::${name} SHARED IMPORTED GLOBAL)
  set_target_properties(
    wheel::${name}
    PROPERTIES IMPORTED_LOCATION "${UNDERSTUDY_TORCH}/lib/lib${name}.so"
               INTERFACE_INCLUDE_DIRECTORIES "${_torch_include};${_torch_include}/torch/csrc/api/include")
endfunction()

understudy_import_from_wheel(c10)
understudy_import_from_wheel(torch_cpu)
add_library(understudy_torch INTERFACE)
target_link_libraries(understudy_torch INTERFACE wheel::torch_cpu wheel::c10)
target_compile_definitions(understudy_torch INTERFACE USE_DISTRIBUTED USE_C10D_GLOO USE_RPC)

# With UNDERSTUDY_CUDA the programs load torch's CUDA library, and NCCL is spoken through the headers beside the wheel: no
# CUDA toolkit is needed to build.
option(UNDERSTUDY_CUDA "Train on GPUs, over NCCL (needs tools/setup --cuda, or a LibTorch built with CUDA)" OFF)
if(UNDERSTUDY_CUDA)
  # Wheels of CUDA 13 keep its parts in one folder, those of CUDA 12 in one each.
  set(_nvidia "${UNDERSTUDY_SITE}/nvidia")
  find_path(UNDERSTUDY_CUDA_INCLUDE cuda_runtime_api.h HINTS "${_nvidia}/cu13/include"
            "${_nvidia}/cuda_runtime/include" /usr/local/cuda/include)
  find_library(UNDERSTUDY_CUDART NAMES libcudart.so.13 libcudart.so.12 cudart HINTS "${_nvidia}/cu13/lib"
               "${_nvidia}/cuda_runtime/lib" /usr/local/cuda/lib64)
  find_path(UNDERSTUDY_NCCL_INCLUDE nccl.h HINTS "${_nvidia}/nccl/include")
  find_library(UNDERSTUDY_NCCL NAMES libnccl.so.2 nccl HINTS "${_nvidia}/nccl/lib")
  foreach(_needed UNDERSTUDY_CUDA_INCLUDE UNDERSTUDY_CUDART UNDERSTUDY_NCCL_INCLUDE UNDERSTUDY_NCCL)
    if(NOT ${_needed})
      message(FATAL_ERROR "UNDERSTUDY_CUDA=ON: CUDA's runtime or NCCL is missing (${_needed}). Run tools/setup --cuda, or "
                          "set the variable to the site's own.")
    endif()
  endforeach()
  understudy_import_from_wheel(c10_cuda)
  understudy_import_from_wheel(torch_cuda)
  # torch finds its CUDA half by what is loaded, not by symbols: the linker must keep it.
  set(CMAKE_LINK_LIBRARY_USING_keep "LINKER:--push-state,--no-as-needed" "<LINK_ITEM>" "LINKER:--pop-state")
  set(CMAKE_LINK_LIBRARY_USING_keep_SUPPORTED TRUE)
  target_link_libraries(understudy_torch INTERFACE "$<LINK_LIBRARY:keep,wheel::torch_cuda>" wheel::c10_cuda)
  add_library(understudy_nccl INTERFACE)
  target_link_libraries(understudy_nccl INTERFACE "${UNDERSTUDY_NCCL}" "${UNDERSTUDY_CUDART}")
  target_include_directories(understudy_nccl SYSTEM INTERFACE "${UNDERSTUDY_NCCL_INCLUDE}" "${UNDERSTUDY_CUDA_INCLUDE}")
  target_compile_definitions(understudy_nccl INTERFACE USE_C10D_NCCL)
endif()
