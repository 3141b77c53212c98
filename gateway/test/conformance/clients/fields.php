<?php

/** `[{name, value}]` as PHP programs hold it: repeated `name[]` become an array under `name`. */
function asArray(array $fields): array
{
    $array = [];
    foreach ($fields as $field) {
        if (str_ends_with($field['name'], '[]')) {
            $array[substr($field['name'], 0, -2)][] = $field['value'];
        } else {
            $array[$field['name']] = $field['value'];
        }
    }
    return $array;
}

/** The URL with its query as `http_build_query` writes it. */
function withQuery(array $call): string
{
    $query = http_build_query(asArray($call['query']));
    return $query === '' ? $call['url'] : $call['url'] . '?' . $query;
}
