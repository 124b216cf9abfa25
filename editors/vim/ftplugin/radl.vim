" Settings for RADL documents, and :RADLFormat.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=:# commentstring=#\ %s
setlocal expandtab shiftwidth=4 softtabstop=4
setlocal iskeyword+=.,-
command! -buffer -bar RADLFormat call s:Format()

let b:undo_ftplugin = 'setlocal comments< commentstring< expandtab< shiftwidth< softtabstop< iskeyword<'
    \ .. '| delcommand -buffer RADLFormat'

if exists('*s:Format')
  finish
endif

" Lays the document out with `gantry`; one with mistakes stays as it is.
function! s:Format() abort
  let program = get(g:, 'radl_gantry', 'gantry')
  let errors = tempname()
  let lines = systemlist(shellescape(program) .. ' radl format - 2>' .. shellescape(errors), getline(1, '$'))
  if v:shell_error
    let told = filereadable(errors) ? readfile(errors) : []
    call delete(errors)
    echohl ErrorMsg
    echomsg get(told, 0, program .. ' does not run')
    echohl None
    return
  endif
  call delete(errors)
  if lines ==# getline(1, '$')
    return
  endif
  let view = winsaveview()
  call setline(1, lines)
  if line('$') > len(lines)
    silent execute (len(lines) + 1) .. ',$delete _'
  endif
  call winrestview(view)
endfunction
