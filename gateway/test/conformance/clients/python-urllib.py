"""Python's standard library alone, as small scripts call the API."""

import json
import os
import sys
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

BOUNDARY = "boundary-of-the-test"


def pairs(fields):
    return [(field["name"], field["value"]) for field in fields]


def multipart(fields):
    body = b""
    for field in fields:
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field["name"]}"'.encode()
        if "file" in field:
            name = os.path.basename(field["file"])
            body += f'; filename="{name}"\r\nContent-Type: image/jpeg\r\n\r\n'.encode()
            with open(field["file"], "rb") as file:
                body += file.read() + b"\r\n"
        else:
            body += f'\r\n\r\n{field["value"]}\r\n'.encode()
    return body + f"--{BOUNDARY}--\r\n".encode()


def request(call):
    query = urlencode(pairs(call["query"]))
    url = call["url"] + ("?" + query if query else "")
    body = call["body"]
    if body["kind"] == "none":
        return Request(url, method=call["method"])
    if body["kind"] == "multipart":
        content_type = f"multipart/form-data; boundary={BOUNDARY}"
        return Request(url, multipart(body["fields"]), {"Content-Type": content_type})
    if body["kind"] == "urlencoded":
        return Request(url, urlencode(pairs(body["fields"])).encode())
    return Request(url, body["text"].encode(), {"Content-Type": "application/json"})


def send(opener, call):
    try:
        response = opener.open(request(call), timeout=20)
    except HTTPError as error:
        response = error
    return {
        "status": response.status,
        "contentType": response.headers["content-type"] or "",
        "text": response.read().decode(),
    }


opener = build_opener(ProxyHandler({}))
print(json.dumps([send(opener, call) for call in json.load(sys.stdin)]))
