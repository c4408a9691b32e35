"""The site in a browser: every page opens as it should, and the pad reads what a visitor draws."""

import base64
import json
import math
import re
import tomllib
from urllib.parse import unquote, urldefrag, urljoin

import nbformat
import numpy as np
import pytest
import torch
from alt_text import figures, sentence_behind

from browser.axe import described, faults_of_site, run
from browser.lab import keep_screenshot
from browser.site import texts
from browser.test_draw import DIGITS, draw, wait_for_answer
from helpers import load_mnist, outputs_of
from helpers.draw import DigitPad, ask, prepare, rasterise, shrink
from helpers.environment import ROOT
from helpers.recipes import WORDS

LOOKS = {"light": ("light", 1280), "dark": ("dark", 1280), "phone": ("light", 400)}
# On a dark page only the colours are others, on a phone all but the colours.
RULES = {
    "light": {},
    "dark": {"runOnly": ["color-contrast"]},
    "phone": {
        "rules": {rule: {"enabled": False} for rule in ("color-contrast", "empty-table-header")}
    },
}
SEVEN = [[(0.1, 0.2), (0.45, 0.2), (0.2, 0.75)]]  # a 7 in the upper left
FAR_OFF = [[(x / 3 + 0.6, y / 3 + 0.6) for x, y in SEVEN[0]]]  # a small one in a corner
# How far a pixel (0..1) and an output (0..1) in JavaScript may lie from Python's.
PIXELS, OUTPUTS = 1e-5, 1e-4


@pytest.fixture(params=LOOKS)
def look(request):
    return request.param


@pytest.fixture
def visitor(browser, site):
    """A function that opens a page of the site in a look; page.complaints grows with what is wrong."""
    contexts = {}

    def visit(path, look="light"):
        scheme, width = LOOKS[look]
        size = {"width": width, "height": 900}
        if look not in contexts:
            contexts[look] = browser.new_context(color_scheme=scheme, viewport=size)
        page = contexts[look].new_page()
        watch(page, site.url)
        page.goto(site.url + path)
        page.wait_for_load_state("networkidle")
        return page

    yield visit
    for context in contexts.values():
        context.close()


def watch(page, url):
    """Note what the page loads, asks of others, does not get, and complains of."""

    def note(found, complaint):
        if found:
            page.complaints.append(complaint)

    page.complaints, page.loaded = [], {}
    page.on("request", lambda asked: note(not asked.url.startswith((url, "data:")), asked.url))
    page.on("response", lambda got: note(got.status >= 400, f"{got.status} {got.url}"))
    page.on("response", lambda got: page.loaded.update({got.url: got}))
    page.on("console", lambda line: note(line.type in ("error", "warning"), line.text))
    page.on("pageerror", lambda error: note(True, str(error)))


# Every page.


def test_every_page_opens_without_a_fault_and_asks_nobody_else(site, visitor):
    wrong = {}
    for path in site.pages():
        page = visitor(path)
        weight = sum(len(got.body()) for got in page.loaded.values()) / 1e6
        wrong[path] = [f"{weight:.1f} MB"] * (weight > (1.5 if path == "index.html" else 2.5))
        wrong[path] += page.evaluate(CUT)
        page.evaluate(PLAIN)
        wrong[path] += faults_of_site(page)
        for width in (1280, 400):
            page.set_viewport_size({"width": width, "height": 900})
            wrong[path] += [f"wider than {width}"] * is_too_wide(page)
        wrong[path] += page.complaints
        page.close()
    assert {path: faults for path, faults in wrong.items() if faults} == {}


# A chapter has thousands of coloured words of code, and axe takes its time for each: one chapter is enough.
PLAIN = """document.querySelectorAll(".highlight pre").forEach(code => code.textContent = code.innerText)"""

# What does not fit on a screen of 1280: a title in one line, and code of a chapter, unless a line is longer than 100.
CUT = """() => [...document.querySelectorAll("article h1, .cell_input pre")].filter(it =>
    it.localName === "h1" ? it.offsetHeight > 1.9 * parseFloat(getComputedStyle(it).fontSize)
    : it.scrollWidth > it.clientWidth && it.innerText.split("\\n").every(line => line.length <= 100)
).map(it => "cut: " + it.innerText)"""


def dress(page, look):
    scheme, width = LOOKS[look]
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.locator(f"html[data-theme={scheme}]").wait_for()
    page.wait_for_timeout(
        400
    )  # the theme lets the keyboard reach what has become too wide, but not at once


def is_too_wide(page):
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize("path", ["index.html", "notebooks/02_mnist_loading.html"])
def test_in_every_look_axe_finds_nothing_also_in_code(visitor, path, look):
    assert faults_of_site(visitor(path, look), rules=RULES[look]) == []


def test_the_landing_page_to_look_at(visitor, look):
    page = visitor("index.html", look)
    page.locator(".paper").scroll_into_view_if_needed()
    draw(page, page.locator("#pad"), SEVEN)
    wait_for_answer(page.locator("#pad"), "The largest output is that of 7")
    page.mouse.move(0, 0)
    keep_screenshot(page, f"site_{look}.png")


def test_the_summary_is_printed_on_one_sheet(visitor):
    page = visitor("summary.html")
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type /Page\b(?!s)", printed)) == 1
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 710, "height": 1000})  # A4 without its margins
    cut = "all => all.filter(pre => pre.scrollWidth > pre.clientWidth).map(pre => pre.innerText)"
    assert page.locator("pre").evaluate_all(cut) == []


def test_every_page_says_in_a_sentence_of_its_own_what_it_is(site):
    said = {}
    for page in site.all_pages():
        metas = [attributes for tag, attributes in site.elements(page) if tag == "meta"]
        shown = {meta.get("name", meta.get("property")): meta.get("content") for meta in metas}
        assert shown["description"] == shown["og:description"] and shown["og:title"], page
        said[page] = shown["description"]
    assert len(set(said.values())) >= len(said) - 2  # the index and the search have no text


def test_no_link_is_broken(site):
    repository = repository_url()
    broken = []
    for page in site.all_pages():
        for _, attributes in site.elements(page):
            for link in filter(None, (attributes.get("href"), attributes.get("src"))):
                if link.startswith(f"{repository}/blob/main/"):
                    file = link.removeprefix(f"{repository}/blob/main/").partition("#")[0]
                    lies = (ROOT / file).exists()
                else:
                    lies = link.startswith(("https://", "data:")) or leads(site, page, link)
                if not lies:
                    broken.append((page, link))
    assert broken == []


def leads(site, page, link):
    """Does a link within the site lead to a file, and to a place in it?"""
    target, place = urldefrag(urljoin(f"/{page}", link))
    path = site.folder / unquote(target).lstrip("/").partition("?")[0]
    if not place or not path.is_file():
        return path.is_file()
    ids = {
        attributes.get("id") for _, attributes in site.elements(str(path.relative_to(site.folder)))
    }
    return unquote(place) in ids


def repository_url():
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return pyproject["project"]["urls"]["Repository"]


# Chapters.


def test_next_leads_through_all_chapters_in_order(site):
    page, passed = "index.html", []
    while following := [
        attributes["href"]
        for _, attributes in site.elements(page)
        if "right-next" in (attributes.get("class") or "")
    ]:
        page = urljoin(page, following[0])
        passed.append(page)
    assert passed[: len(site.chapters())] == site.chapters()
    assert set(passed) == set(site.pages()) - {"index.html", "genindex.html", "search.html"}


def test_every_notebook_with_outputs_is_a_chapter(site):
    stored = [page for page in sorted((ROOT / "notebooks").glob("*.ipynb")) if has_outputs(page)]
    assert site.chapters() == [f"notebooks/{path.stem}.html" for path in stored]
    assert len(stored) >= 12


def test_every_figure_has_the_text_that_stands_beside_it(site):
    for page in site.chapters():
        notebook = notebook_of(page)
        stored = [
            sentence_behind(notebook, index)
            for index, cell in enumerate(notebook.cells)
            for _ in figures(cell)
        ]
        images = [attributes for tag, attributes in site.elements(page) if tag == "img"]
        shown = [image["alt"] for image in images if "_images/" in image["src"]]
        assert shown == stored, page


def test_every_formula_is_set(visitor):
    page = visitor("notebooks/05_loss_function.html")
    page.locator("mjx-container").first.wait_for()
    formulas = page.locator(".math").count()
    assert formulas > 10 and page.locator(".math mjx-container").count() == formulas
    assert page.locator("[data-mjx-error]").count() == 0


def has_outputs(path):
    return any(cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells)


def notebook_of(page):
    return nbformat.read(ROOT / page.replace(".html", ".ipynb"), as_version=4)


# What the landing page says.


def test_the_accuracies_are_those_that_the_notebooks_print(visitor):
    rows = visitor("index.html").locator(".accuracies tr").all_inner_texts()[1:]
    shown = [re.fullmatch(r"(\d\d) .*?([\d.]+) %", row, re.DOTALL).groups() for row in rows]
    assert [number for number, _ in shown] == ["03", "05", "06", "07", "08", "09"]
    for number, share in shown:
        (path,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
        assert f"{share}%" in json.dumps(nbformat.read(path, as_version=4), ensure_ascii=False)
    assert (
        shown[0][1] == "88.2" and 97 <= float(shown[-1][1]) <= 98
    )  # instead of twelve in a hundred


# The languages.


def test_each_page_stands_in_both_languages_and_the_switch_leads_there(site):
    pages = site.pages()
    assert site.korean() == [f"ko/{page}" for page in pages]
    for page in pages:
        korean = f"ko/{page}"
        for here, its, there, other in ((page, "en", korean, "ko"), (korean, "ko", page, "en")):
            assert ("html", its) in [(tag, one.get("lang")) for tag, one in site.elements(here)]
            (switch,) = (one for _, one in site.elements(here) if one.get("class") == "language")
            assert urljoin(here, switch["href"]) == there
            assert switch["lang"] == switch["hreflang"] == other
        assert anchors(site, page) == anchors(site, korean)


def anchors(site, page):
    return [attributes["id"] for tag, attributes in site.elements(page) if tag == "section"]


# Their tables are measurements, and bands, which are named as in the tests.
DATA = ("ko/results.html", "ko/kept_true.html")


def test_no_english_is_left_on_a_korean_page(site):
    left = {
        (page, text)
        for page in site.korean()
        for text in texts(site.folder / page)
        if is_english(text) and page not in DATA
    }
    assert left == set()
    unanswered = [
        page for page in site.korean() if "Your turn." in (site.folder / page).read_text("utf-8")
    ]
    assert unanswered == []


def is_english(text):
    words = re.findall(r"(?<![\w./-])[A-Za-z]{2,}\b", text)
    return len(words) >= 4 and not re.search("[가-힣]", text)


# What the panels show and say, as a person reads or hears it.
SAID = """() => [...document.querySelectorAll(".panel :not(style)")].flatMap(it => [
    ...[...it.childNodes].filter(node => node.nodeType === 3).map(node => node.data),
    ...["aria-label", "title"].map(name => it.getAttribute(name) ?? ""),
])"""


def test_the_panels_of_the_front_page_speak_korean(visitor):
    page = visitor("ko/index.html")
    page.locator(".paper").scroll_into_view_if_needed()
    draw(page, page.locator("#pad"), SEVEN)
    wait_for_answer(page.locator("#pad"), "가장 큰 것은 7의 출력")
    page.locator("#trainer .go").click()
    page.locator("#trainer p").filter(has_text="스텝 뒤").wait_for()
    page.locator("#trainer .go").click()
    page.locator("#writer").scroll_into_view_if_needed()
    page.locator("#writer .answer").filter(has_text="출력").wait_for()
    page.locator("#game .round").scroll_into_view_if_needed()
    page.locator("#game button").first.click()
    page.locator("#game .verdict").filter(has_text="진짜입니다").wait_for()
    said = [text for text in page.evaluate(SAID) if re.search("[A-Za-z]{2}", text)]
    assert [text for text in said if not re.search("[가-힣]", text) and not is_a_name(text)] == []
    assert page.complaints == []


def is_a_name(text):
    """A word of a recipe, which is English in the code, too."""
    parts = re.split("[-, ]+", text.strip(" ,-"))
    return set(parts) <= {word for words in WORDS.values() for word in words}


@pytest.mark.parametrize(
    "path", ["index.html", "glossary.html", "notebooks/13_generative_adversarial_network.html"]
)
def test_korean_fits_and_axe_finds_nothing_in_it(visitor, path):
    page = visitor(f"ko/{path}")
    assert page.evaluate(CUT) == []
    page.evaluate(PLAIN)
    assert faults_of_site(page) == []
    for look in LOOKS:
        dress(page, look)
        assert not is_too_wide(page), look
        keep_screenshot(page, f"site_ko_{path.partition('/')[2][:2] or path[:5]}_{look}.png")
    assert page.complaints == []


# Reading with the keyboard, searching, and the dark page.


@pytest.mark.parametrize(
    ("path", "asked", "chapter"),
    [  # the last two chapters have the words with particles alone
        ("index.html", "LayerNorm", "08_normalization"),
        ("ko/index.html", "LayerNorm", "08_normalization"),
        ("ko/index.html", "학습률", "12_beyond_one_machine"),
        ("ko/index.html", "손실", "08_normalization"),
    ],
)
def test_search_by_keyboard_finds_the_chapter(visitor, path, asked, chapter):
    page = visitor(path)
    page.keyboard.press("Control+k")
    page.keyboard.type(asked)
    page.keyboard.press("Enter")
    results = page.locator("#search-results li a")
    results.first.wait_for()
    page.locator(".search-summary").filter(has_text=re.compile(r"\d")).wait_for()
    assert any(chapter in link.get_attribute("href") for link in results.all())
    assert page.complaints == []


def test_the_first_tab_offers_to_skip_to_the_text(visitor):
    page = visitor("notebooks/05_loss_function.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main-content"


def test_a_reader_can_choose_the_dark_page(visitor):
    page = visitor("index.html")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Color mode").locator("visible=true").click()
    page.get_by_text("Dark", exact=True).locator("visible=true").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


# The pad.


@pytest.fixture
def pad(visitor, look):
    page = visitor("index.html", look)
    page.locator(".paper").scroll_into_view_if_needed()
    return page.locator("#pad")


def test_a_drawn_seven_is_read_by_the_network_that_is_chosen_first(pad):
    draw(pad.page, pad, SEVEN)
    wait_for_answer(pad, "The largest output is that of 7")
    assert pad.page.complaints == []


@pytest.mark.parametrize("look", ["light"])
def test_digits_are_read_and_cleared(pad):
    for digit, lines in DIGITS.items():
        draw(pad.page, pad, lines)
        wait_for_answer(pad, f"The largest output is that of {digit}")
        pad.get_by_role("button", name="Clear").click()
        wait_for_answer(pad, "Nothing is drawn")


# Is anything drawn in the middle half of the paper?
MIDDLE = """paper => {
    const [side, context] = [paper.width, paper.getContext("2d")];
    return context.getImageData(side / 4, side / 4, side / 2, side / 2).data.some(Boolean);
}"""


@pytest.mark.parametrize("look", ["light"])
def test_an_empty_paper_asks_for_a_digit_until_one_begins(pad):
    paper = pad.locator(".paper")
    assert paper.evaluate(MIDDLE)
    draw(pad.page, pad, [[(0.1, 0.1), (0.2, 0.1)]])
    assert not paper.evaluate(MIDDLE)
    pad.get_by_role("button", name="Clear").click()
    assert paper.evaluate(MIDDLE)


@pytest.mark.parametrize("look", ["light"])
def test_a_digit_can_be_drawn_with_the_keyboard(pad):
    pad.locator(".paper").focus()
    for key in ["ArrowUp"] * 9 + [" "] + ["ArrowDown"] * 18 + [" "]:
        pad.page.keyboard.press(key)
    wait_for_answer(pad, "The largest output is that of 1")
    assert pad.page.url.endswith("index.html"), "an arrow key turned the page"


@pytest.mark.parametrize("look", ["light"])
def test_the_choice_and_the_switch_change_the_outputs(pad, trained):
    """Each of the six settings shows what DigitPad shows of the same drawing, network and setting."""
    draw(pad.page, pad, FAR_OFF)
    for prepared in (True, False):
        pad.get_by_label("prepare as MNIST was").set_checked(prepared)
        for name, network in trained.items():
            pad.page.get_by_label(name).check()
            expected = outputs_of_pad(network, FAR_OFF, prepared)
            wait_for_answer(pad, f"that of {expected.argmax()}")
            shown = [float(text) for text in pad.locator(".value").all_inner_texts()]
            # the mouse rounds the places of its points to pixels
            assert shown == pytest.approx(expected.tolist(), abs=0.4), (name, prepared)


def outputs_of_pad(network, strokes, prepared):
    pad = DigitPad(network)
    pad.prepared, pad.strokes = prepared, strokes
    return pad.outputs


# The generator and the game.


@pytest.fixture
def fixed(visitor):
    """The landing page without chance: after fixed(0.5, 0.9) a seed is made of 0.5, those that follow of 0.9."""
    page = visitor("index.html")

    def fix(*numbers):
        page.evaluate(CHANCE, numbers)
        return page

    fix(0.2)
    for panel, shown in (("#writer .answer", "largest"), ("#game .round", "Round 1 of 10")):
        page.locator(panel).scroll_into_view_if_needed()
        page.locator(panel).filter(has_text=shown).wait_for()
    return fix


CHANCE = """numbers => {
    let calls = 0; // a seed takes 200
    Math.random = () => numbers[Math.min(numbers.length - 1, Math.floor(calls++ / 200))];
}"""


def seed_of(number):
    """The seed of a page whose Math.random always gives this number."""
    return torch.full(
        (1, 100), math.sqrt(-2 * math.log(1 - number)) * math.cos(2 * math.pi * number)
    )


@pytest.mark.parametrize("digit", ["digit", "7"])
def test_a_digit_is_written_at_each_press_and_the_slider_walks_to_another(fixed, trained, digit):
    from make_networks import read

    page = fixed(0.5, 0.9)
    page.get_by_role("button", name=f"Write a {digit}").press("Enter")
    name, told = ("conditional", one_hot(7)) if digit == "7" else ("generator", torch.zeros(1, 0))
    start, end = (torch.cat([seed_of(number), told], dim=1) for number in (0.5, 0.9))
    for key, share in (("Home", 0), ("PageUp", 0.1), ("End", 1)):
        page.locator("#writer input").press(key)
        image = outputs_of(read(name)[0], (1 - share) * start + share * end)
        expected = outputs_of(trained["final"], image)[0]
        wait_for_outputs(page.locator("#writer"), expected.tolist())


def one_hot(digit):
    return torch.eye(10)[digit : digit + 1]


def wait_for_outputs(panel, expected):
    for _ in range(300):
        shown = [float(text or "nan") for text in panel.locator(".value").all_inner_texts()]
        if shown == pytest.approx(expected, abs=0.006):
            return
        panel.page.wait_for_timeout(100)
    assert shown == pytest.approx(expected, abs=0.006)


def test_a_game_of_ten_rounds_is_played_with_the_keyboard(fixed, trained):
    """Without chance the left one is real; this player chooses the other one from the sixth round on."""
    from build_site import real_digits
    from make_networks import read

    page = fixed(0.2)
    game = page.locator("#game")
    pool = [*real_digits().half().float()]
    made = outputs_of(read("generator")[0], seed_of(0.2))[0]
    its = 0
    game.locator("button").first.focus()
    for number in range(1, 11):
        assert f"Round {number} of 10" in game.locator(".round").inner_text()
        pair = torch.stack([pool.pop(int(0.2 * len(pool))), made])
        for key in ["Tab"] * (number > 5) + ["Enter"]:
            page.keyboard.press(key)
        real, fake = says = outputs_of(read("discriminator")[0], pair)[:, 0].tolist()
        its += real > fake
        largest, digits = outputs_of(trained["final"], pair).max(dim=1)
        shown = [
            re.findall(r"[\d.]*\d", text) for text in game.locator(".pair p").all_inner_texts()
        ]
        expected = zip(digits.tolist(), largest.tolist(), says, strict=True)
        for text, numbers in zip(shown, expected, strict=True):
            assert [float(part) for part in text] == pytest.approx(numbers, abs=0.006)
        yours = min(number, 5)
        verdict = f"Of {number} you have {yours} right, the discriminator {its}."
        assert verdict in game.locator(".verdict").inner_text()
        page.keyboard.press("Enter")  # the focus is on the next round
    assert "Round 1 of 10" in game.locator(".round").inner_text()


def test_axe_finds_nothing_in_a_game_that_goes_on(fixed):
    page = fixed(0.2)
    page.get_by_role("button", name="Write a 7").click()
    page.get_by_role("button", name="The left one is real").click()
    for look in LOOKS:
        dress(page, look)
        parts = {"include": [["#writer"], ["#game"]]}
        assert described(run(page, parts, [], RULES[look])) == [], look
        assert not is_too_wide(page), look
        keep_screenshot(page, f"site_game_{look}.png")
    assert page.complaints == []


# JavaScript computes what Python does.


@pytest.fixture(scope="module")
def trained():
    """The stored networks that read digits: {"baseline": …, "final": …, "convolutional": …}."""
    from make_networks import READERS, read

    return {name: read(name)[0] for name in READERS}


@pytest.fixture
def in_javascript(visitor):
    """Call a function of network.js: in_javascript("network => network.BRUSH")."""
    page = visitor("search.html")

    def call(function, argument=None):
        module = "import(new URL('_static/network.js', document.baseURI))"
        program = f"async given => JSON.stringify(await ({function})(await {module}, given))"
        return json.loads(page.evaluate(program, json.dumps(argument)))

    return call


ASK = """async (network, given) => {
    const [name, all] = JSON.parse(given);
    const stored = await network.fetchNetwork(name);
    return all.map(inputs => network.ask(stored, inputs));
}"""


def drawings(digits):
    """The digits enlarged one to four times, each in a corner of a large sheet: bytes (n, 112, 112)."""
    sheets = torch.zeros(len(digits), 112, 112, dtype=torch.uint8)
    for number, (digit, sheet) in enumerate(zip(digits, sheets, strict=True)):
        times = 1 + number % 4
        enlarged = digit.repeat_interleave(times, 0).repeat_interleave(times, 1)
        sheet[: 28 * times, -28 * times :] = enlarged
    return torch.stack([sheet.rot90(number // 4) for number, sheet in enumerate(sheets)])


def test_500_digits_are_prepared_and_read_as_in_python(in_javascript, trained):
    sheets = drawings(load_mnist("test").images[:500].view(-1, 28, 28))
    expected = torch.stack([prepare(sheet / 255).flatten() for sheet in sheets])
    images = in_javascript(
        """(network, given) => {
            const bytes = Uint8Array.from(atob(JSON.parse(given)), letter => letter.charCodeAt(0));
            return Array.from({ length: bytes.length / 112 ** 2 }, (_, number) => {
                const sheet = bytes.subarray(112 ** 2 * number, 112 ** 2 * (number + 1));
                const pixels = Float64Array.from(sheet, byte => byte / 255);
                return [...network.prepare({ pixels, height: 112, width: 112 }).pixels];
            });
        }""",
        base64.b64encode(sheets.numpy().tobytes()).decode(),
    )
    assert len(images) == 500
    assert (torch.tensor(images) - expected).abs().max() < PIXELS
    for name, network in trained.items():
        outputs = in_javascript(ASK, [name, images])
        in_python = torch.stack([ask(network, image) for image in expected])
        assert (torch.tensor(outputs) - in_python).abs().max() < OUTPUTS, name


def test_500_seeds_are_written_and_judged_as_in_python(in_javascript):
    from make_networks import read

    torch.manual_seed(0)
    seeds = torch.cat([torch.randn(500, 100), torch.eye(10).repeat(50, 1)], dim=1)
    given = {"generator": seeds[:, :100], "conditional": seeds}
    given["discriminator"] = outputs_of(read("generator")[0], seeds[:, :100])
    for name, inputs in given.items():
        outputs = torch.tensor(in_javascript(ASK, [name, inputs.tolist()]))
        assert outputs.shape[0] == 500
        assert (outputs - outputs_of(read(name)[0], inputs)).abs().max() < OUTPUTS, name


def test_lines_are_drawn_as_in_python(in_javascript):
    """A place on the edge of two pixels may fall on either side where a processor rounds otherwise."""
    generator = np.random.default_rng(0)
    strokes = [[generator.random((points, 2)).round(3).tolist()] for points in range(1, 30)]
    strokes += [[[[step / 28, 0.5], [0.5, step / 28]]] for step in range(29)]  # by the keyboard
    drawn, small = in_javascript(
        """(network, given) => {
            const drawings = JSON.parse(given).map(network.rasterise);
            return [drawings, drawings.map(network.shrink)]
                .map(images => images.map(image => [...image.pixels]));
        }""",
        strokes,
    )
    expected = [rasterise(lines) for lines in strokes]
    assert (torch.tensor(drawn) != torch.stack(expected).flatten(1)).float().mean() < 1e-5
    shrunk = torch.stack([shrink(drawing).flatten() for drawing in expected])
    assert (torch.tensor(small) != shrunk).float().mean() < 1e-4


def test_the_brush_is_as_wide_as_in_python(in_javascript, trained):
    assert in_javascript("network => network.BRUSH") == DigitPad(trained["final"])._brush
