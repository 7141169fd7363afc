// npm run --prefix .ci/page lint
import js from "@eslint/js";

const browser = ["document", "window", "location", "HTMLElement", "HTMLInputElement", "HTMLTableElement", "Intl"];

export default [
    js.configs.recommended,
    {
        files: ["**/*.js"],
        languageOptions: {
            ecmaVersion: 2023,
            sourceType: "module",
            globals: Object.fromEntries(browser.map((name) => [name, "readonly"])),
        },
        linterOptions: { reportUnusedDisableDirectives: "error" },
        rules: {
            "curly": "error",
            "eqeqeq": "error",
            "no-eval": "error",
            "no-implied-eval": "error",
            "no-restricted-properties": [
                "error",
                { property: "innerHTML", message: "Texts are never markup: use textContent." },
                { property: "outerHTML", message: "Texts are never markup: use textContent." },
                { property: "insertAdjacentHTML", message: "Texts are never markup: use append." },
            ],
            "no-var": "error",
            "prefer-const": "error",
        },
    },
];
