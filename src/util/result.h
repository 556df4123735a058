// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace mdrescue::util {

/// Why something could not be done, for a person: each layer adds its context in front, main()
/// prints it once.
struct Error {
    std::string
        message; ///< what went wrong and why, e.g. "cannot read /boot/vmlinuz: Input/output error"
    std::string hint; ///< what to do about it, a full sentence; may be empty
};

/// The one error style of the project: a value or an Error.
template <class T> using Result = tl::expected<T, Error>;

/// An error to return: `return fail("no such kernel", "Installed are: …");`
[[nodiscard]] inline tl::unexpected<Error> fail(std::string message, std::string hint = {}) {
    return tl::unexpected<Error>(Error{std::move(message), std::move(hint)});
}

/// An error made of errno: "<what>: <strerror(errno_value)>".
[[nodiscard]] tl::unexpected<Error> fail_errno(std::string_view what, int errno_value);

/// The same error with `context: ` in front of its message.
[[nodiscard]] tl::unexpected<Error> with_context(std::string_view context, Error error);

} // namespace mdrescue::util

// The arguments are a declaration and an expression: nothing to put into parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define MDR_CONCAT_(a, b) a##b
#define MDR_CONCAT(a, b) MDR_CONCAT_(a, b)

/// MDR_TRY(expression): leaves the function with the error when the Result<void> holds one.
#define MDR_TRY(expression)                                                                        \
    do {                                                                                           \
        if (auto mdr_result_ = (expression); !mdr_result_)                                         \
            return tl::unexpected(std::move(mdr_result_.error()));                                 \
    } while (false)

/// MDR_TRY_ASSIGN(auto x, expression): the value, or leaves the function with the error.
#define MDR_TRY_ASSIGN(declaration, expression)                                                    \
    MDR_TRY_ASSIGN_(MDR_CONCAT(mdr_result_, __LINE__), declaration, expression)
#define MDR_TRY_ASSIGN_(name, declaration, expression)                                             \
    auto name = (expression);                                                                      \
    if (!name)                                                                                     \
        return tl::unexpected(std::move(name.error()));                                            \
    declaration = std::move(*name)
// NOLINTEND(bugprone-macro-parentheses)
