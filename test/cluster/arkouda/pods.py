#!/usr/bin/python3
"""Prints the addresses of the pods whose label app is APP_NAME, as arkouda-contrib's script of this name does:
in one line, each in quotes."""

import json
import os
import ssl
import urllib.request

assert os.environ["POD_METHOD"] == "GET_POD_IPS"
url = f"{os.environ['K8S_HOST']}/api/v1/namespaces/{os.environ['NAMESPACE']}/pods"
request = urllib.request.Request(f"{url}?labelSelector=app%3D{os.environ['APP_NAME']}")
request.add_header("Authorization", f"Bearer {os.environ['SSL_TOKEN']}")
context = ssl.create_default_context(cafile=os.environ["CACERT_FILE"])
with urllib.request.urlopen(request, context=context, timeout=30) as answer:
    pods = json.load(answer)["items"]
print(" ".join(repr(pod["status"]["podIP"]) for pod in pods if pod["status"].get("podIP")))
