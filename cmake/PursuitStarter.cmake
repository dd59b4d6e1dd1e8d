# pursuit_starter.h: scenarios/starter.yaml as a C string. CMake writes it as it configures, which it does again once
# the scenario changes.
set(starter ${PROJECT_SOURCE_DIR}/scenarios/starter.yaml)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${starter})
file(READ ${starter} starter_text)
string(REPLACE "\\" "\\\\" starter_text "${starter_text}")
string(REPLACE "\"" "\\\"" starter_text "${starter_text}")
string(REPLACE "\n" "\\n\"\n    \"" starter_text "${starter_text}")
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/pursuit_starter.h
     CONTENT "static const char pursuit_starter[] =\n    \"@starter_text@\";\n" @ONLY)
