# Compiles every public header alone, as C11 and as C++, and the example in its first comment.  A header
# that needs another one before it, or an example that no longer compiles, breaks the build of the tests.
include(CheckLanguage)
check_language(CXX)
if(CMAKE_CXX_COMPILER)
  enable_language(CXX)
endif()

# The first indented block of the first comment, if it is code, as the body of a function; functions
# that it begins with stand before that.
function(couplet_header_example header out)
  file(READ ${header} text)
  string(ASCII 1 semicolon)  # lists would split at the ; of C
  string(REPLACE ";" "${semicolon}" text "${text}")
  string(REPLACE "[" "<:" text "${text}")  # and brackets confuse them; these digraphs are C
  string(REPLACE "]" ":>" text "${text}")
  string(REGEX REPLACE "\\*/.*" "" text "${text}")
  string(REPLACE "\n" ";" lines "${text}")
  set(body "")
  foreach(line IN LISTS lines)
    if(line MATCHES "^ \\*     (.*)")
      string(APPEND body "${CMAKE_MATCH_1}\n")
    elseif(body AND NOT line MATCHES "^ \\*$")
      break()
    endif()
  endforeach()
  string(REPLACE "${semicolon}" ";" body "${body}")
  if(NOT body MATCHES "\\(.*;")
    set(body "")
  endif()
  set(functions "")
  if(body MATCHES "^(static [^\n]*\n{.*\n}\n)(.*)")
    set(functions "${CMAKE_MATCH_1}")
    set(body "${CMAKE_MATCH_2}")
  endif()
  set(${out} "${body}" PARENT_SCOPE)
  set(${out}_functions "${functions}" PARENT_SCOPE)
endfunction()

file(GLOB PUBLIC_HEADERS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/include/couplet/*.h)
list(APPEND PUBLIC_HEADERS ${CMAKE_BINARY_DIR}/include/couplet/version.h)
file(READ ${CMAKE_SOURCE_DIR}/include/couplet/couplet.h umbrella)
set(folder ${CMAKE_BINARY_DIR}/header_checks)
set(generated "")
foreach(header ${PUBLIC_HEADERS})
  get_filename_component(name ${header} NAME_WE)
  if(NOT umbrella MATCHES "<couplet/${name}.h>" AND NOT name STREQUAL "couplet")
    message(SEND_ERROR "include/couplet/couplet.h does not include <couplet/${name}.h>")
  endif()
  set(alone "#include <couplet/${name}.h>\n#include <couplet/${name}.h>\nint ${name}_alone(void);\n")
  file(GENERATE OUTPUT ${folder}/${name}.c CONTENT "${alone}")
  list(APPEND generated ${folder}/${name}.c)
  if(CMAKE_CXX_COMPILER)
    file(GENERATE OUTPUT ${folder}/${name}.cpp CONTENT "${alone}")
    list(APPEND generated ${folder}/${name}.cpp)
  endif()
  couplet_header_example(${header} body)
  if(body)
    file(CONFIGURE OUTPUT ${folder}/${name}_example.c CONTENT [[
#include <couplet/@name@.h>
#include <stdio.h>
#include <stdlib.h>

struct cpl_device;
struct cpl_model;
struct cpl_tokenizer;
int @name@_example(struct cpl_device *device, struct cpl_model *model,
    struct cpl_tokenizer *tokenizer, struct cpl_error error, int argc, char **argv);
cpl_status cpl_something(void *argument, struct cpl_error *error);
void work(void);

@body_functions@
int @name@_example(struct cpl_device *device, struct cpl_model *model,
    struct cpl_tokenizer *tokenizer, struct cpl_error error, int argc, char **argv)
{
    void *argument = argv;
    (void)device, (void)model, (void)tokenizer, (void)error, (void)argc, (void)argument;
    {
@body@
    }
    return 0;
}
]] @ONLY)
    list(APPEND generated ${folder}/${name}_example.c)
  endif()
endforeach()

add_library(header_checks OBJECT ${generated})
target_include_directories(header_checks PRIVATE
  ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/include)
target_compile_options(header_checks PRIVATE -Wall -Wextra -Werror -pedantic -Wno-unused-variable)
