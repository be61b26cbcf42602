# The installed package: find_package(gradus) gives gradus::gradus and, for files that write rules, gradus::rules.
# What needs more is a component: checkpoint and adapters/libtorch add themselves.
if(NOT PROJECT_IS_TOP_LEVEL)
  return()  # a part of somebody's project does not add to what that installs
endif()
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/gradus)

install(TARGETS gradus gradus_rules EXPORT gradusTargets)
install(DIRECTORY include/gradus DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(EXPORT gradusTargets NAMESPACE gradus:: DESTINATION ${package_folder})

configure_package_config_file(cmake/gradusConfig.cmake.in gradusConfig.cmake INSTALL_DESTINATION ${package_folder})
# Below 1.0 a minor version may change an interface.
write_basic_package_version_file(gradusConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/gradusConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/gradusConfigVersion.cmake
        DESTINATION ${package_folder})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
