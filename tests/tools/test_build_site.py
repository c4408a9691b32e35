"""What the site's pages take from other files: chapters, links, tables, sections of the README."""

import re

import nbformat
import pytest

pytest.importorskip("safetensors", reason="not installed: make site")
import build_site
from accuracies import FOUR_EPOCHS, stored_accuracy
from address import BINDER, COLAB
from build_site import DOCS, FILES, MARK, RESULTS, with_links
from finish_pages import described
from texts import section, with_sections

from helpers.environment import ROOT

KOREAN = re.compile("[가-힣]")
INDEX = DOCS / "index.md"
CHAPTER = ROOT / "notebooks/05_loss_function.ipynb"


@pytest.mark.parametrize(
    ("path", "link", "leads_to"),
    [
        (INDEX, "../notebooks/05_loss_function.ipynb", "notebooks/05_loss_function.ipynb"),
        (INDEX, "glossary.md#top", "glossary.md#top"),
        (INDEX, "../LICENSE", f"{FILES}LICENSE"),
        (CHAPTER, "03_baseline_network.ipynb", "03_baseline_network.ipynb"),
        (CHAPTER, "../docs/glossary.md", "../glossary.md"),
        (CHAPTER, "../helpers/draw.py", f"{FILES}helpers/draw.py"),
        (CHAPTER, "https://arxiv.org/abs/1607.06450", "https://arxiv.org/abs/1607.06450"),
        (CHAPTER, "#recap", "#recap"),
    ],
)
def test_a_link_leads_to_a_page_or_else_to_the_code_host(path, link, leads_to):
    assert with_links(f"see [it]({link}).", path) == f"see [it]({leads_to})."


def test_a_link_to_nothing_is_one_clear_line():
    with pytest.raises(SystemExit, match=r"docs/index.md has a link to nowhere.md"):
        with_links("[it](nowhere.md)", INDEX)


def test_links_to_a_notebook_without_outputs_lead_to_the_code_host(tmp_path, monkeypatch):
    """It is no chapter: there is nothing to show yet."""
    monkeypatch.setattr(build_site, "ROOT", tmp_path)
    (tmp_path / "notebooks").mkdir()
    new = nbformat.v4
    for name, outputs in {"00_draft": [], "01_run": [new.new_output("stream", text="1")]}.items():
        notebook = new.new_notebook(cells=[new.new_code_cell("1", outputs=outputs)])
        nbformat.write(notebook, tmp_path / f"notebooks/{name}.ipynb")
    assert [path.stem for path in build_site.chapters()] == ["01_run"]
    draft = with_links("[it](00_draft.ipynb)", tmp_path / "notebooks/01_run.ipynb")
    assert draft == f"[it]({FILES}notebooks/00_draft.ipynb)"


def test_a_chapter_bears_its_number_and_leads_to_its_notebook():
    notebook = nbformat.read(CHAPTER, as_version=4)
    build_site.as_chapter(notebook, CHAPTER)
    assert notebook.cells[0].source.startswith("# 05 Change the loss")
    for start in (FILES, BINDER, COLAB):
        assert f"({start}notebooks/05_loss_function.ipynb)" in notebook.cells[1].source


def test_a_chapter_in_korean_has_korean_texts_figures_and_verdicts(monkeypatch):
    monkeypatch.setenv("LANGUAGE", "ko")
    notebook = nbformat.read(CHAPTER, as_version=4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    build_site.as_chapter(notebook, CHAPTER)
    assert [cell.source for cell in notebook.cells if cell.cell_type == "code"] == code
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and "$$" not in cell.source:
            assert KOREAN.search(cell.source), cell.source
        if "mystnb" in cell.metadata:
            assert KOREAN.search(cell.metadata["mystnb"]["image"]["alt"])
        if build_site.CHECK.search(cell.source):
            assert KOREAN.search(cell.outputs[0].data["text/html"])


def test_what_stands_in_place_of_marks_is_korean_on_a_korean_page(monkeypatch):
    monkeypatch.setenv("LANGUAGE", "ko")
    for text, words in {
        build_site.means(): "| 레시피 | 4 에포크",
        build_site.accuracies(): "05</a> 다른 손실",
        build_site.table("devices.csv"): "| 배치 크기 |",
        build_site.networks(): "> 기준 모델: ",
        build_site.summary(build_site.chapters()): "| 노트북 |",
    }.items():
        assert words in text


def test_every_table_of_results_stands_on_its_page():
    named = re.findall(
        r"^<!-- table: (.*) -->$", (DOCS / "results.md").read_text("utf-8"), re.MULTILINE
    )
    assert {path.name for path in RESULTS.glob("*.csv")} <= set(named)


def test_what_is_the_same_in_all_rows_stands_above_the_table(tmp_path, monkeypatch):
    monkeypatch.setattr(build_site, "RESULTS", tmp_path)
    (tmp_path / "some.csv").write_text("batch_size,machine,error\n1,a | b,\n4,a | b,\n")
    assert build_site.table("some.csv") == (
        "All rows: machine a | b.\n\n| batch size |\n| --- |\n| 1 |\n| 4 |"
    )
    (tmp_path / "some.csv").write_text("batch_size,machine\n1,a | b\n")
    assert build_site.table("some.csv").endswith(r"| 1 | a \| b |")
    assert build_site.table("none.csv") == "Not measured yet."


def test_every_mark_in_a_page_is_known():
    pages = [with_sections(path.read_text("utf-8")) for path in DOCS.glob("*.md")]
    marks = [mark for page in pages for mark in MARK.findall(page)]
    assert len(marks) > 10 and {name for name, _ in marks} == set(build_site.MAKERS)


def test_a_section_ends_where_the_next_begins():
    start = section("README.md", "Start")
    assert "make lab" in start and "#" not in re.sub(r"#.*\n|\(.*?\)", "", start)
    assert "(../notebooks/00_setup.ipynb)" in section("README.md", "Notebooks")
    assert "(start.md" not in start and "(../docs/start.md#" in start


def test_the_accuracies_are_found_in_the_notebooks():
    shares = {name[:2]: stored_accuracy(name) for name in FOUR_EPOCHS}
    assert all(85 < share < 100 for share in shares.values()), "the picture's ends"
    assert shares["03"] < shares["08"] < shares["09"]


def test_a_long_table_is_folded(tmp_path, monkeypatch):
    monkeypatch.setattr(build_site, "RESULTS", tmp_path)
    (tmp_path / "some.csv").write_text("n\n" + "\n".join(map(str, range(50))))
    text = build_site.table("some.csv")
    assert text.startswith("<details><summary>All 50 rows</summary>\n\n| n |\n")
    assert text.endswith("| 49 |\n\n</details>")


def test_the_means_are_those_that_the_readme_tells():
    head, _, *rows = build_site.means().splitlines()
    assert len(rows) == 16
    (baseline,) = (row for row in rows if row.startswith("| mse sigmoid sgd none |"))
    two, own = (float(cell.partition("&")[0]) for cell in baseline.split("|")[3:5])
    assert 80.5 < two <= 81.5 and 96.5 < own < 97.5  # 97 % instead of 81 %


# What becomes of Sphinx's pages.


def test_a_description_is_the_first_paragraph_cut_at_a_word():
    page = "<title>A &amp; B &#8212; Course</title> <p>no</p> <article> <p>Say <b>“it”</b>: "
    short, long = (described(page + text + "</p>", "Course") for text in ('"x"', "word " * 99))
    assert short[0] == '<meta name="description" content="Say “it”: &quot;x&quot;">'
    assert short[1] == '<meta property="og:title" content="A &amp; B">'
    assert long[0].endswith(' word …">') and 190 < len(long[0]) < 240
    assert described("<title>Search</title>", "Course")[0].endswith('content="Course">')
