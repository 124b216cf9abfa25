" Settings for RADL documents.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=:# commentstring=#\ %s
setlocal expandtab shiftwidth=4 softtabstop=4
setlocal iskeyword+=.,-
if executable('gantry')
  " `gq` over a whole document lays it out.
  setlocal formatprg=gantry\ radl\ format\ -
endif

let b:undo_ftplugin = 'setlocal comments< commentstring< expandtab< shiftwidth< softtabstop< iskeyword< formatprg<'
