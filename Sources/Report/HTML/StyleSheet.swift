/// The page's only style sheet, and the policy that lets the browser apply it and nothing else.
enum StyleSheet {
    /// No script, no image, no font, no frame, no connection, no form: whatever a trace holds, nothing of it can act
    /// (RELIABILITY.md U8).
    static let policy: String = {
        let hash = SHA256.base64(Array(text.utf8))
        return "default-src 'none'; style-src 'sha256-\(hash)'; base-uri 'none'; form-action 'none'"
    }()

    static let text = colours + layout + parts + waterfall + narrow

    private static let colours = """

        :root{color-scheme:light dark;--ground:#faf9f7;--paper:#fff;--ink:#1d2126;--quiet:#59616b;--rule:#e3e0da;
        --link:#1f559f;--code:#f1efeb;--error:#a8221a;--error-bg:#fceceb;--warning:#7f5200;--warning-bg:#fcf2da;
        --note:#27587f;--note-bg:#e7f0f7;--good:#19663a;--good-bg:#e5f3ea;--connect:#8a78c0;--wait:#cf9327;--receive:#3b8d77}
        @media (prefers-color-scheme:dark){:root{--ground:#14161a;--paper:#1b1e23;--ink:#e7e5e1;--quiet:#a3abb5;
        --rule:#31353c;--link:#8db7f5;--code:#262a30;--error:#ffa199;--error-bg:#3b1d1b;--warning:#efc265;--warning-bg:#352910;
        --note:#9ccaf0;--note-bg:#172a3b;--good:#91d7a8;--good-bg:#15301f;--connect:#a797dc;--wait:#dba94a;--receive:#58ab94}}

        """

    private static let layout = """
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,
        "Noto Sans","DejaVu Sans",sans-serif;overflow-wrap:anywhere}
        .page{max-width:70rem;margin:0 auto;padding:2.5rem 1.5rem 4rem}
        h1,h2,h3,h4,p,ol,ul,dl,dd,figure{margin:0;padding:0}
        h1{font-size:1.6rem;line-height:1.35;font-weight:600;letter-spacing:-.01em;text-wrap:pretty;max-width:52rem}
        h2{font-size:1.2rem;font-weight:600;margin:3rem 0 1rem;letter-spacing:-.005em}
        h3{font-size:1.05rem;font-weight:600;line-height:1.45;text-wrap:pretty}
        code,.num{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace}
        code{font-size:.875em}
        a{color:var(--link);text-decoration-thickness:.06em;text-underline-offset:.18em}
        a:focus-visible{outline:.15rem solid var(--link);outline-offset:.15rem;border-radius:.15rem}
        :target{background:var(--warning-bg)}
        .unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}

        """

    private static let parts = """
        .source{color:var(--quiet);font-size:.9rem;margin-bottom:.9rem}
        .standing{font-weight:700}.failed{color:var(--error)}.warning{color:var(--warning)}.good{color:var(--good)}
        .incomplete{color:var(--warning)}.empty{color:var(--quiet)}
        .figures{display:flex;flex-wrap:wrap;gap:.9rem 2.2rem;margin:1.6rem 0 0;padding:1rem 0 0;border-top:1px solid var(--rule)}
        .figures dt{color:var(--quiet);font-size:.8rem}.figures dd{font-size:1rem;font-variant-numeric:tabular-nums}
        .notes{margin:1.4rem 0 0;padding:.8rem 1rem;background:var(--warning-bg);border-radius:.5rem;list-style:none}
        nav{margin:1.6rem 0 0;font-size:.9rem}nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;list-style:none}
        .findings{list-style:none;display:grid;gap:1rem}
        .finding{background:var(--paper);border:1px solid var(--rule);border-left:.3rem solid var(--quiet);border-radius:.5rem;
        padding:1.1rem 1.3rem}
        .finding.error{border-left-color:var(--error)}.finding.warning{border-left-color:var(--warning)}
        .finding.note{border-left-color:var(--note)}.finding.warning,.finding.note{color:inherit}
        .marks{display:flex;flex-wrap:wrap;align-items:baseline;gap:.4rem .8rem;font-size:.85rem;color:var(--quiet);
        margin-bottom:.5rem}
        .badge{font-weight:600;padding:.05rem .55rem;border-radius:1rem}
        .badge.error{color:var(--error);background:var(--error-bg)}.badge.warning{color:var(--warning);background:var(--warning-bg)}
        .badge.note{color:var(--note);background:var(--note-bg)}.badge.good{color:var(--good);background:var(--good-bg)}
        .finding p:not(.marks){margin-top:.6rem;max-width:46rem}
        .advice{margin-top:.9rem;padding:.8rem 1rem;background:var(--ground);border-radius:.4rem}
        .advice h4{font-size:.85rem;font-weight:600;color:var(--quiet);margin-bottom:.2rem}
        .advice ol{padding-left:1.2rem;display:grid;gap:.3rem}.finding .advice p{margin:0}
        .advice code{background:var(--code);padding:.1em .35em;border-radius:.25em}
        .finding .evidence{font-size:.85rem;color:var(--quiet);margin-top:.8rem}
        .calm{background:var(--good-bg);color:var(--good);border-radius:.5rem;padding:.9rem 1.2rem}
        table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
        .scroll{overflow-x:auto;background:var(--paper);border:1px solid var(--rule);border-radius:.5rem;padding:.3rem .3rem}
        th{font-weight:600;color:var(--quiet);font-size:.8rem;text-align:left;vertical-align:bottom;line-height:1.3}
        th,td{padding:.5rem .7rem;overflow-wrap:normal}td{overflow-wrap:break-word}tbody tr{border-top:1px solid var(--rule)}
        td{vertical-align:top}.num{text-align:right;font-family:inherit}th.num,td.num{white-space:nowrap}
        th.num{white-space:normal}td code{overflow-wrap:anywhere}.short{white-space:nowrap}
        td.good{color:var(--good)}td.bad{color:var(--error);font-weight:600}td.dim,.dim{color:var(--quiet)}
        .more{color:var(--quiet);font-size:.9rem;margin-top:.6rem}
        footer{margin-top:3.5rem;padding-top:1rem;border-top:1px solid var(--rule);color:var(--quiet);font-size:.85rem}

        """

    private static let waterfall = """
        figure{margin:0 0 1.6rem}
        figcaption{margin-bottom:.7rem}figcaption p{color:var(--quiet);font-size:.9rem}
        .legend{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;font-size:.8rem;color:var(--quiet);
        margin-bottom:1rem}
        .legend svg{width:.8rem;height:.6rem;margin-right:.35rem}
        .connect{fill:var(--connect)}.wait{fill:var(--wait)}.receive{fill:var(--receive)}
        .grid{stroke:var(--rule);stroke-width:1;fill:none}.broken{fill:var(--error)}
        .bars td,.bars th{padding:.3rem .6rem;vertical-align:middle}
        .bars .lane{width:40%;min-width:14rem;position:relative;padding:0}.bars th.lane{vertical-align:bottom;padding:.3rem 0}
        .bars .lane svg{position:absolute;inset:0;width:100%;height:100%}
        .bars .label{min-width:13rem}.bars .label .dim{display:block;font-size:.8rem}
        .axis{display:flex;justify-content:space-between;font-weight:400}

        """

    /// A phone: each row of a table is a small card, each bar lies below its words.
    ///
    /// Nothing scrolls sideways.
    private static let narrow = """
        @media (max-width:46rem){
        .page{padding:1.5rem 1rem 3rem}h1{font-size:1.3rem}h2{margin-top:2.4rem}.finding{padding:.9rem 1rem}
        .figures{gap:.7rem 1.5rem}
        .cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
        .cards,.cards tbody,.cards tr,.cards td{display:block;width:100%}
        .cards tr{padding:.6rem .7rem}.cards tbody tr:first-child{border-top:0}
        .cards td,.cards td.num{padding:.12rem 0;text-align:left;white-space:normal;display:grid;
        grid-template-columns:minmax(7rem,34%) 1fr;gap:.7rem}
        .cards td::before{content:attr(data-label);color:var(--quiet);font-size:.8rem;font-weight:400;line-height:1.9}
        .bars thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
        .bars,.bars tbody{display:block;width:100%}
        .bars tbody tr:first-child{border-top:0}
        .bars tr{display:grid;grid-template-columns:2.4rem 1fr 2.6rem 4.4rem;padding:.45rem .5rem}
        .bars td{padding:.05rem .25rem}.bars .label{min-width:0}.bars .dim.num{text-align:left}
        .bars .lane{grid-column:1/-1;width:100%;min-width:0;grid-row:2;height:1.3rem;margin-top:.2rem}
        .bars td.num{align-self:start}
        .bars .size{display:none}}
        @media print{body{background:#fff}.page{padding:0;max-width:none}nav{display:none}.finding,figure,tr{break-inside:avoid}}

        """
}
