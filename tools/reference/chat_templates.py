"""Chat templates written for the tests, each in the manner of a family of models, and dialogues for
them."""

CHATML = """\
{%- if messages[0].role == 'system' -%}
    {%- set opening = messages[0].content -%}
    {%- set turns = messages[1:] -%}
{%- else -%}
    {%- set opening = default_system | default('Answer in one sentence.') -%}
    {%- set turns = messages -%}
{%- endif -%}
{{- '<|begin|>system\\n' ~ opening ~ '<|end|>\\n' -}}
{%- for turn in turns -%}
    {{- '<|begin|>' + turn['role'] + '\\n' -}}
    {%- if turn.role == 'assistant' -%}
        {%- generation -%}{{- turn['content'] + '<|end|>' -}}{%- endgeneration -%}
        {{- '\\n' -}}
    {%- else -%}
        {{- turn['content'] ~ '<|end|>\\n' -}}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|begin|>assistant\\n' -}}{%- endif -%}
"""

BRACKETS = """\
{% if messages[0]['role'] == 'system' %}{% set note = '<<S>>\\n' + messages[0]['content'] + '\\n<</S>>\\n\\n' %}
{% set rest = messages[1:] %}{% else %}{% set note = '' %}{% set rest = messages %}{% endif %}
{% for m in rest %}
{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{ raise_exception('Turns must alternate: user, assistant, user ... but turn ' ~ loop.index ~ ' is ' ~ m.role) }}
{% endif %}
{% if loop.first %}{% set body = note + m['content'] %}{% else %}{% set body = m['content'] %}{% endif %}
{% if m['role'] == 'user' %}
{{ bos_token + '[I] ' + body.strip() + ' [/I]' }}
{%- elif m['role'] == 'assistant' %}
{% generation %} {{ body.strip() ~ ' ' ~ eos_token }}{% endgeneration %}
{% endif %}
{% endfor %}
"""

TOOLS = """\
{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = strftime_now("%d %b %Y") if strftime_now is defined else "1 Jan 2000" %}
{%- endif %}
{%- if not tools is defined or not tools %}{% set tools = none %}{% endif %}
{%- set ns = namespace(calls=0, system='') %}
{%- for m in messages if m.role == 'system' %}
    {%- set ns.system = ns.system ~ (m.content | trim) %}
{%- endfor %}
{{- "<|head|>system<|/head|>\\n\\n" }}
{%- if tools is not none %}{{- "Tools: on\\n" }}{%- endif %}
{{- "Date: " + date_string + "\\n\\n" + ns.system }}
{%- if tools is not none %}
    {{- "\\nCall one of these:\\n" }}
    {%- for tool in tools %}
        {{- tool | tojson(indent=4) }}
        {{- "\\n\\n" if not loop.last }}
    {%- endfor %}
{%- endif %}
{{- "<|stop|>" }}
{%- for m in messages | rejectattr('role', 'equalto', 'system') %}
    {%- if m.tool_calls is defined and m.tool_calls %}
        {%- if m.tool_calls | length != 1 %}{{- raise_exception("One call at a time!") }}{%- endif %}
        {%- set call = m.tool_calls[0].function %}
        {%- set ns.calls = ns.calls + 1 %}
        {{- '<|head|>assistant<|/head|>\\n\\n{"name": "' + call.name + '", "parameters": ' }}
        {{- call.arguments | tojson }}
        {{- "}<|stop|>" }}
    {%- elif m.role in ('tool', 'ipython') %}
        {{- "<|head|>tool<|/head|>\\n\\n" }}
        {%- if m.content is mapping or (m.content is iterable and m.content is not string) %}
            {{- m.content | tojson }}
        {%- else %}
            {{- m.content }}
        {%- endif %}
        {{- "<|stop|>" }}
    {%- else %}
        {{- '<|head|>' + m['role'] + '<|/head|>\\n\\n' + (m['content'] or '') | trim + '<|stop|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|head|>assistant<|/head|>\\n\\n' }}{%- endif %}
{%- if ns.calls %}{{- '(' ~ ns.calls ~ ' calls)' }}{% endif %}
"""

MODELS = """\
{{ bos_token }}{% macro words(content) %}{% if content is string %}{{ content | trim }}{% else %}{% for part in content -%}
{%- if part.type == 'text' %}{{ part.text | trim }}{% elif part.type == 'image' %}<img>{% else %}{{ raise_exception('no ' ~ part.type) }}{% endif -%}
{%- endfor %}{% endif %}{% endmacro %}
{%- if messages[0]['role'] == 'system' -%}
{%- set first = words(messages[0]['content']) ~ '\\n\\n' %}{% set loop_messages = messages[1:] -%}
{%- else -%}{%- set first = "" %}{% set loop_messages = messages -%}{%- endif -%}
{%- for message in loop_messages -%}
{%- if message['role'] == 'assistant' -%}{%- set role = "model" -%}{%- else -%}{%- set role = message['role'] -%}{%- endif %}
<turn>{{ role }}
{{ first if loop.first else "" }}{{ words(message['content']) }}</turn>
{% endfor -%}
{%- if add_generation_prompt -%}
{{ '<turn>model\\n' }}
{%- endif -%}
"""

TAGS = """\
{% for message in messages %}
{% if message['role'] == 'system' and message['content'] %}
{{ '<|system|>\\n' + message['content'] + '<|over|>\\n' }}
{% elif message['role'] == 'user' %}
{{ '<|user|>\\n' + message['content'] + '<|over|>\\n' }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>\\n' }}{% generation %}{{ message['content'] }}<|over|>
{% endgeneration %}
{% endif %}
{% if loop.last and add_generation_prompt and message['role'] != 'assistant' %}<|assistant|>
{% endif %}
{% endfor %}
"""

THINKING = """\
{%- set keep = namespace(last=-1, text='') -%}
{%- for m in messages[::-1] -%}
    {%- set index = (messages | length - 1) - loop.index0 -%}
    {%- if keep.last < 0 and m.role == 'user' and m.content is string and not (m.content.startswith('<result>') and m.content.endswith('</result>')) -%}
        {%- set keep.last = index -%}
    {%- endif -%}
{%- endfor -%}
{%- for m in messages -%}
    {%- set content = m.content if m.content is string else '' -%}
    {%- set thought = '' -%}
    {%- if m.reasoning_content is string -%}
        {%- set thought = m.reasoning_content -%}
    {%- elif '</think>' in content -%}
        {%- set thought = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') -%}
        {%- set content = content.split('</think>')[-1].lstrip('\\n') -%}
    {%- endif -%}
    {{- '<|' ~ m.role ~ '|>\\n' -}}
    {%- if m.role == 'assistant' and loop.index0 > keep.last and (loop.last or thought) -%}
        {{- '<think>\\n' ~ thought.strip('\\n') ~ '\\n</think>\\n\\n' ~ content.lstrip('\\n') -}}
    {%- else -%}
        {{- content -}}
    {%- endif -%}
    {%- for call in m.tool_calls or [] -%}
        {%- set call = call.function if call.function else call -%}
        {{- '\\n<call>\\n{"name": "' ~ call.name ~ '", "arguments": ' -}}
        {{- call.arguments if call.arguments is string else call.arguments | tojson -}}
        {{- '}\\n</call>' -}}
    {%- endfor -%}
    {%- if m.role == 'tool' and (loop.first or messages[loop.index0 - 1].role != 'tool') -%}{{- '<batch>' -}}{%- endif -%}
    {%- if m.role == 'tool' and (loop.nextitem is undefined or loop.nextitem.role != 'tool') -%}{{- '</batch>' -}}{%- endif -%}
    {{- '<|/|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{- '<|assistant|>\\n' -}}
    {%- if enable_thinking is defined and enable_thinking is false -%}{{- '<think>\\n\\n</think>\\n\\n' -}}{%- endif -%}
{%- endif -%}
"""

SCHEMA = """\
{% macro kind_of(schema) -%}
    {%- if schema.type == 'array' -%}{{ kind_of(schema['items']) ~ '[]' }}
    {%- elif schema.enum is defined -%}{{ schema.enum | map('tojson') | join(' | ') }}
    {%- elif schema.type == 'object' and schema.properties -%}
        {{- '{' }}{% for key, value in schema.properties.items() -%}
            {{ key }}{{ '' if key in (schema.required or []) else '?' }}: {{ kind_of(value) }}{{ ', ' if not loop.last }}
        {%- endfor %}{{ '}' -}}
    {%- elif schema.type is string -%}{{ {'integer': 'number', 'string': 'text'}.get(schema.type, schema.type) }}
    {%- else -%}any{%- endif -%}
{%- endmacro -%}
{% for tool in tools -%}
{%- set f = tool.function -%}
{% if f.description %}// {{ f.description | indent(4) | replace('\\n', '\\n//') }}
{% endif -%}
{{ f.name }}({{ kind_of(f.parameters) }})
{% else -%}
no tools
{% endfor %}
{%- for key, group in messages | groupby('role') %}{{ key }}={{ group | length }};{% endfor %}

{{ documents | default([]) | selectattr('title', 'defined') | map(attribute='title') | map('title') | sort | join(', ') }}
"""

MODEL_TEMPLATES = {"chatml": CHATML, "brackets": BRACKETS, "tools": TOOLS, "models": MODELS,
                   "tags": TAGS, "thinking": THINKING, "schema": SCHEMA}

TALK = [{"role": "user", "content": " 床前明月光？ "}, {"role": "assistant", "content": "疑是地上霜。"},
        {"role": "user", "content": "And then?"}]
SYSTEM = [{"role": "system", "content": "Be brief."}]
PARTS = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": " what is it? "}]}]
CALLS = [{"role": "user", "content": "Weather?"},
         {"role": "assistant", "content": "<think>\nhm\n</think>\n\nLet me see.", "tool_calls": [
             {"function": {"name": "weather", "arguments": {"city": "北京 & \"<Beijing>\"", "days": [1, 2.0]}}}]},
         {"role": "tool", "content": {"sky": "clear", "temp": -3.5}}, {"role": "tool", "content": "ok"},
         {"role": "assistant", "content": "Cold."}]
LIST_TOOLS = [{"type": "function", "function": {
    "name": "weather", "description": "Tells the weather.\nOf a city.", "parameters": {
        "type": "object", "required": ["city"], "properties": {
            "city": {"type": "string"}, "days": {"type": "array", "items": {"type": "integer"}},
            "unit": {"enum": ["C", "F"]}, "place": {"type": "object", "properties": {
                "lat": {"type": "number"}}}, "other": {}}}}}]
DIALOGUES = {
    "talk": {"messages": TALK, "bos_token": "<s>", "eos_token": "</s>"},
    "prompt": {"messages": SYSTEM + TALK, "bos_token": "<s>", "eos_token": "</s>",
               "add_generation_prompt": True, "enable_thinking": False},
    "calls": {"messages": SYSTEM + CALLS, "tools": LIST_TOOLS, "bos_token": "", "eos_token": "",
              "documents": [{"title": "b side"}, {"title": "A-side"}, {"text": "none"}]},
    "parts": {"messages": PARTS, "bos_token": "<bos>", "eos_token": "", "tools": [],
              "add_generation_prompt": True},
    "wrong": {"messages": TALK[1:], "bos_token": "<s>", "eos_token": "</s>", "date_string": "today"},
}
