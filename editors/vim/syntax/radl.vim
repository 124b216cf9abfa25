" Highlighting of RADL documents.
if exists('b:current_syntax')
  finish
endif

let s:cpo = &cpo
set cpo&vim

" Recipes are YAML.
syntax include @radlYAML syntax/yaml.vim
unlet! b:current_syntax
syntax case match
syntax iskeyword @,48-57,_,.,-,128-255
syntax sync fromstart

" The last of several that match counts, so the general ones come first.
syntax match radlSkipped /[^[:alnum:]_.[:blank:]#'()\[\],=<>-]/
syntax match radlSkipped /-/
syntax match radlName /[A-Za-z_.][[:alnum:]_.-]*\>/
syntax match radlNumber /\<\d\+\(\.\d*\)\?/ nextgroup=radlUnit skipwhite
syntax match radlUnit /\c\([KMGT]I\?B\?\|B\|ECU\|GCEU\|HRZ\)\>/ contained
syntax match radlComparison /<=\|>=\|[=<>]/
syntax match radlPunctuation /[()\[\],]/
syntax match radlFeature /\<[A-Za-z_.][[:alnum:]_.-]*\ze\_s*\([=<>]\|contains\>\)/

syntax match radlId /\<[A-Za-z_.][[:alnum:]_.-]*\>/ contained
syntax match radlDeployed /\<[A-Za-z_.][[:alnum:]_.-]*\>/ contained nextgroup=radlNumber skipwhite

syntax keyword radlSentence system network ansible description configure nextgroup=radlId skipwhite
syntax keyword radlSentence deploy nextgroup=radlDeployed skipwhite
syntax keyword radlSentence contextualize
syntax match radlSentence /^include\>/ nextgroup=radlId skipwhite
syntax keyword radlAnd and
" Some of these would be options of `syntax keyword`.
syntax match radlWord /\<\(soft\|contains\|step\|with\|option\)\>/

syntax match radlComment /#.*$/ contains=@Spell
syntax region radlString start=/'/ skip=/\\./ end=/'/ contains=radlEscape,radlRandom
syntax match radlEscape /\\./ contained
syntax match radlRandom /'\@1<=random(\d\+)'\@=/ contained
syntax region radlRecipe matchgroup=radlRecipeMark start=/@begin/ end=/^@end/ keepend contains=@radlYAML

highlight default link radlSentence Statement
highlight default link radlAnd Operator
highlight default link radlWord Keyword
highlight default link radlId Type
highlight default link radlDeployed Type
highlight default link radlFeature Identifier
highlight default link radlName Normal
highlight default link radlNumber Number
highlight default link radlUnit Special
highlight default link radlComparison Operator
highlight default link radlPunctuation Delimiter
highlight default link radlComment Comment
highlight default link radlString String
highlight default link radlEscape SpecialChar
highlight default link radlRandom Function
highlight default link radlRecipeMark PreProc
highlight default link radlSkipped Error

let b:current_syntax = 'radl'

let &cpo = s:cpo
unlet s:cpo
