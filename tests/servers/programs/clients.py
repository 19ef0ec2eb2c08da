"""Calls the application twice through Django's test client, where no server runs, and prints the second answer."""

import os
import sys
from importlib import import_module

os.environ["DJANGO_SETTINGS_MODULE"] = "django_site"
import_module("django").setup()
client = import_module("django.test").Client()
client.get("/engine-rest/telemetry/data")
sys.stdout.write(client.get("/engine-rest/telemetry/data").content.decode())
