"""The plain script, as written in an afternoon: pandas, openpyxl, Jinja2 and requests, without a journal."""

from __future__ import annotations

import os
import sys
from base64 import b64encode
from pathlib import Path

import pandas as pd
import requests
from jinja2 import Template
from lists import TEXTS
from stages import note_start, stage


def post(rows: pd.DataFrame) -> pd.Series:
    """Send the rows, up to 1,000 with the same text at a time; returns their result codes."""
    url = os.environ["CAMPAIGN_GATEWAY_URL"] + "/api/v2/send/"
    headers = {
        "Secret": b64encode(b"bench&bench").decode(),
        "Content-Type": "application/json;charset=UTF-8",
    }
    codes = pd.Series(0, index=rows.index)
    for text, group in rows.groupby("text", sort=False):
        for begin in range(0, len(group), 1_000):
            part = group.iloc[begin : begin + 1_000]
            body = {"version": "1.0", "from": "0212345678", "to": part["휴대폰"].tolist(), "text": text}
            answer = requests.post(url, json=body, headers=headers, timeout=60).json()
            codes[part.index] = answer["resultCode"]
    return codes


def main(folder: Path) -> None:
    """Send r.xlsx."""
    with stage("read"):
        rows = pd.read_excel(folder / "r.xlsx", dtype={"휴대폰": str}, engine="openpyxl")
    with stage("render"):
        template = Template(TEXTS["few"])
        rows["text"] = [template.render(row) for row in rows.to_dict("records")]
    with stage("send"):
        rows["resultCode"] = post(rows)
    with stage("write"):
        rows.to_excel(folder / "plain.xlsx", index=False, engine="openpyxl")


if __name__ == "__main__":
    note_start()
    main(Path(sys.argv[1]))
