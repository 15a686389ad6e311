//! Names of branches and tags that somebody may push in the hope that a script runs them. git takes
//! some of them and a fork may bring them; the rest arrive where a forge is less strict.

/// Names that would create a file `canary` if any shell, `eval` or option parser took them for more
/// than a text.
pub fn references() -> Vec<String> {
    [
        "$(touch canary)",
        "`touch canary`",
        ";touch canary",
        "|touch canary",
        "&touch canary",
        "&&touch canary",
        "||touch canary",
        "\ntouch canary",
        "\r\ntouch canary\r\n",
        "a$(touch${IFS}canary)b",
        "v1.2.3$(touch canary)",
        "v1.2.3;touch canary",
        "v1.2.3`touch canary`",
        "v1.2.3\ntouch canary",
        "${x:-$(touch canary)}",
        "${PATH:=$(touch canary)}",
        "$((a[$(touch canary)]))",
        "a[$(touch canary)]",
        "\"; touch canary; \"",
        "'; touch canary; '",
        "\\'; touch canary; \\'",
        "zzz\";touch${IFS}canary;#",
        "'$(touch canary)'",
        "\"$(touch canary)\"",
        "{touch,canary}",
        "<(touch canary)",
        ">(touch canary)",
        ">canary",
        "$'\\ntouch canary'",
        "-rf",
        "--help",
        "--out=canary",
        "--checkpoint=1 --checkpoint-action=exec=touch${IFS}canary",
        "-exec touch canary ;",
        "../../canary",
        "a b canary",
        "*",
        "~/canary",
        "%0Atouch canary",
        "::set-env name=PATH::canary",
        "::stop-commands::canary",
        "\u{202e}canary",
        "",
    ]
    .map(str::to_owned)
    .to_vec()
}
