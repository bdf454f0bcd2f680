%% Makes a release of many small applications, by OTP's own tools: `escript large.erl sources APPLICATIONS MODULES`
%% lays them out and compiles them in /build, and `escript large.erl release VERSION CHANGED` compiles that many modules
%% anew, one in each application in turn, bumps their applications, and assembles the release in /app.
-module(large).
-mode(compile).
-export([main/1]).

main(["sources", Applications, Modules]) ->
    All = [{A, M} || M <- lists:seq(1, list_to_integer(Modules)), A <- lists:seq(1, list_to_integer(Applications))],
    [ok = filelib:ensure_dir(filename:join([library(A, "1.0.0"), "ebin", "x"])) || {A, 1} <- All],
    each(fun(Module) -> compile(Module, 1, "1.0.0") end, All),
    ok = file:write_file("/build/all", term_to_binary(All)),
    [describe(A, "1.0.0", All) || {A, 1} <- All];
main(["release", Version, Changed]) ->
    {ok, Binary} = file:read_file("/build/all"),
    All = binary_to_term(Binary),
    {New, _} = lists:split(list_to_integer(Changed), All),
    Bumped = lists:usort([A || {A, _} <- New]),
    [begin
         %% Not file:rename/2: a directory of a lower layer cannot be renamed.
         "" = os:cmd("mv " ++ library(A, "1.0.0") ++ " " ++ library(A, "1.0.1")),
         describe(A, "1.0.1", All)
     end || A <- Bumped],
    each(fun(Module) -> compile(Module, 2, "1.0.1") end, New),
    Libraries = [{application(A), case lists:member(A, Bumped) of true -> "1.0.1"; false -> "1.0.0" end} || {A, 1} <- All],
    assemble(Version, Libraries).

%% A module with as many functions, literals and calls as a small one of everyday has.
compile({A, M}, Value, Version) ->
    Name = module(A, M),
    Next = module(A, M + 1),
    Functions = [
        [io_lib:format("f~b(#{key := K, list := L} = State, N) when is_integer(N) ->~n", [F]),
         io_lib:format("    case lists:keyfind(K, 1, L) of~n        {K, V} -> ~s:f~b(State#{value => V}, N - ~b);~n", [Next, F, F]),
         io_lib:format("        false -> {error, {~b, <<\"~s ~b\">>, [X || X <- L, X > N]}}~n    end.~n", [Value, Name, F])]
     || F <- lists:seq(1, 3)
    ],
    Exports = lists:join(",", [io_lib:format("f~b/2", [F]) || F <- lists:seq(1, 3)]),
    Source = lists:flatten([io_lib:format("-module(~s).~n-export([~s]).~n", [Name, Exports]), Functions]),
    {ok, Module, Beam} = compile:forms(forms(Source, 1), [deterministic]),
    ok = file:write_file(filename:join([library(A, Version), "ebin", atom_to_list(Module) ++ ".beam"]), Beam).

forms(Source, Line) ->
    case erl_scan:tokens([], Source, Line) of
        {done, {ok, Tokens, Next}, Rest} ->
            {ok, Form} = erl_parse:parse_form(Tokens),
            [Form | forms(Rest, Next)];
        _ ->
            []
    end.

describe(A, Version, All) ->
    Modules = [list_to_atom(module(A, M)) || {B, M} <- All, B =:= A],
    Properties = [{description, ""}, {vsn, Version}, {modules, Modules}, {registered, []}, {applications, [kernel, stdlib]}],
    File = filename:join([library(A, Version), "ebin", application(A) ++ ".app"]),
    ok = file:write_file(File, io_lib:format("~p.~n", [{application, list_to_atom(application(A)), Properties}])).

assemble(Version, Libraries) ->
    Platform = [begin ok = load(Name), {ok, V} = application:get_key(Name, vsn), {Name, V} end || Name <- [kernel, stdlib, sasl]],
    Erts = erlang:system_info(version),
    Rel = {release, {"large", Version}, {erts, Erts}, Platform ++ [{list_to_atom(Name), V} || {Name, V} <- Libraries]},
    ok = file:write_file("large.rel", io_lib:format("~p.~n", [Rel])),
    Options = [{path, ["/build/lib/*/ebin"]}, no_warn_sasl, silent],
    {ok, _, _} = systools:make_script("large", Options),
    {ok, _, _} = systools:make_tar("large", [{erts, code:root_dir()} | Options]),
    ok = erl_tar:extract("large.tar.gz", [compressed, {cwd, "/app"}]),
    Directory = "/app/releases/" ++ Version,
    {ok, _} = file:copy("large.rel", Directory ++ "/large.rel"),
    {ok, _} = file:copy(code:root_dir() ++ "/bin/start_clean.boot", Directory ++ "/start_clean.boot"),
    ok = file:write_file(Directory ++ "/sys.config", "[].\n"),
    ok = file:write_file("/app/releases/start_erl.data", [Erts, " ", Version, "\n"]).

load(Application) ->
    case application:load(Application) of
        ok -> ok;
        {error, {already_loaded, Application}} -> ok
    end.

library(A, Version) -> "/build/lib/" ++ application(A) ++ "-" ++ Version.
application(A) -> io_lib_format("app_~2..0b", [A]).
module(A, M) -> io_lib_format("app_~2..0b_m~2..0b", [A, M]).
io_lib_format(Format, Arguments) -> lists:flatten(io_lib:format(Format, Arguments)).

%% In as many processes as there are cores.
each(Work, All) ->
    Cores = erlang:system_info(schedulers_online),
    Shares = [[Each || {At, Each} <- lists:enumerate(All), At rem Cores =:= Core] || Core <- lists:seq(0, Cores - 1)],
    Workers = [spawn_monitor(fun() -> lists:foreach(Work, Share) end) || Share <- Shares],
    [receive {'DOWN', Monitor, process, _, normal} -> ok end || {_, Monitor} <- Workers].
