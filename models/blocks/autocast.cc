#include "models/blocks/autocast.h"

#include <ATen/autocast_mode.h>

namespace understudy {

ProductsScope::ProductsScope(c10::DeviceType device, Products products)
    : device_(device), enabled_before_(at::autocast::is_autocast_enabled(device)) {
  at::autocast::increment_nesting();
  at::autocast::set_autocast_enabled(device_, products == Products::kBfloat16);
  if (products == Products::kBfloat16) at::autocast::set_autocast_dtype(device_, at::kBFloat16);
}

ProductsScope::~ProductsScope() {
  at::autocast::set_autocast_enabled(device_, enabled_before_);
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
}

}  // namespace understudy
