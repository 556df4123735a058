# SPDX-License-Identifier: GPL-3.0-or-later
# Debian has man pages and change logs compressed (Debian policy, 12.1 and 12.7), and nothing in them tells when that was done.
file(GLOB pages ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/man/man*/*.[1-8]
     ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/doc/mdrescue/changelog)
execute_process(COMMAND gzip -9n ${pages} COMMAND_ERROR_IS_FATAL ANY)
