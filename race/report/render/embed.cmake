# SPDX-License-Identifier: Apache-2.0
# cmake -DSOURCE=<this folder> -DOUT=<assets.cc> -P embed.cmake: writes the page's style and script into a C++ source.
# A string literal of C++ may hold 65,536 characters.
file(READ ${SOURCE}/colours.css colours_css)
file(READ ${SOURCE}/page.css page_css)
file(READ ${SOURCE}/plot.css plot_css)
file(READ ${SOURCE}/page.js page_script)
file(READ ${SOURCE}/flame.js flame_script)
set(page_style "${colours_css}${page_css}${plot_css}")
set(plot_style "${colours_css}${plot_css}")
foreach(text page_style plot_style page_script flame_script)
  string(LENGTH "${${text}}" length)
  if(length GREATER 65000)
    message(FATAL_ERROR "${text} has ${length} characters: a string literal holds 65,536 of them")
  endif()
  string(SHA256 ${text}_sha256 "${${text}}")
endforeach()
configure_file(${SOURCE}/assets.cc.in ${OUT} @ONLY)
