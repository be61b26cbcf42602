#pragma once

#include <string>

namespace gradus::bench {

/// Puts each table of rows() that the page has marks for,
///
///   <!-- bench: NAME -->
///   <!-- end -->
///
/// between them, in the place of what is there. Tables of which no row was measured stay as they are. False if
/// the file cannot be read or written.
bool write_tables(const std::string& page);

}  // namespace gradus::bench
