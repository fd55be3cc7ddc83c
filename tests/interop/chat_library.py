"""The chat templates of libcouplet through ctypes, and those of transformers beside them."""
import ctypes
import json
import pathlib

from interop import COUPLET


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("message", ctypes.c_char * 1000)]


class Span(ctypes.Structure):
    _fields_ = [("begin", ctypes.c_size_t), ("end", ctypes.c_size_t)]


class Text(ctypes.Structure):
    _fields_ = [("data", ctypes.POINTER(ctypes.c_char)), ("length", ctypes.c_size_t),
                ("span", ctypes.POINTER(Span)), ("n_spans", ctypes.c_size_t)]


class Options(ctypes.Structure):
    _fields_ = [("now", ctypes.c_int64), ("utc", ctypes.c_bool), ("max_steps", ctypes.c_uint64),
                ("max_output_bytes", ctypes.c_size_t), ("max_memory_bytes", ctypes.c_size_t)]


def library():
    """libcouplet.so beside the program that COUPLET names."""
    loaded = ctypes.CDLL(str(pathlib.Path(COUPLET).parent / "libcouplet.so"))
    loaded.cpl_chat_template_free.argtypes = [ctypes.c_void_p]
    return loaded


def render(loaded, source, variables, now=0):
    """(text, spans) of a template and its variables (JSON text), or (None, message)."""
    chat, error, text = ctypes.c_void_p(), Error(), Text()
    data = source.encode()
    status = loaded.cpl_chat_template_new(ctypes.byref(chat), data, ctypes.c_size_t(len(data)),
                                          ctypes.byref(error))
    if status == 0:
        options = Options(now=now, utc=True)
        status = loaded.cpl_chat_render(chat, variables.encode(), ctypes.byref(options),
                                        ctypes.byref(text), ctypes.byref(error))
    if status != 0:
        assert error.status == status and error.message, "an error without a text"
        loaded.cpl_chat_template_free(chat)
        return None, error.message.decode()
    result = ctypes.string_at(text.data, text.length).decode()
    spans = [(text.span[i].begin, text.span[i].end) for i in range(text.n_spans)]
    loaded.cpl_chat_text_clear(ctypes.byref(text))
    loaded.cpl_chat_template_free(chat)
    return result, spans


def show(source, variables):
    return json.dumps({"template": source, "variables": variables}, ensure_ascii=False)
